package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

const (
	// pieceBytes is how much of the file is hashed at once.
	pieceBytes = 4 << 20
	// readBytes is the size of a message: with the telemetry's it still fits into one batch of
	// 256 KiB. Measured with the telemetry running, 3 rounds, means: 128 KiB 29 MB/s, 224 KiB 39,
	// 256 KiB 37, on 2 busy cores.
	readBytes = 224 << 10
	// ahead bounds the pieces that are sent and not compared yet. Backpressure keeps them fewer.
	ahead = 16
)

// source is the file to stream.
type source struct {
	file *os.File
	info fileInfo
	done chan sending // the first sending's outcome
}

// fileInfo is what the page is told of the file.
type fileInfo struct {
	Name       string `json:"name"`
	Size       int64  `json:"size"`
	Pieces     int64  `json:"pieces"`
	PieceBytes int64  `json:"pieceBytes"`
}

// openSource opens path, or the go binary. Errors say what to do.
func openSource(path string) (*source, error) {
	if path == "" {
		var err error
		if path, err = goBinary(); err != nil {
			return nil, err
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("failed to open the file: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	if !st.Mode().IsRegular() {
		f.Close()
		return nil, fmt.Errorf("%s is not a regular file (%s): give one by -file", path,
			kind(st.Mode()))
	}
	// An empty file is one empty piece, so that it is checked as well.
	pieces := max(1, (st.Size()+pieceBytes-1)/pieceBytes)
	info := fileInfo{Name: filepath.Base(path), Size: st.Size(), Pieces: pieces,
		PieceBytes: pieceBytes}
	return &source{file: f, info: info, done: make(chan sending, 1)}, nil
}

func kind(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&os.ModeNamedPipe != 0:
		return "a pipe"
	case m&os.ModeDevice != 0:
		return "a device"
	}
	return m.Type().String()
}

// goBinary finds the Go toolchain's own go binary.
func goBinary() (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("no go binary to stream: give a file by -file: %w", err)
	}
	// What PATH gives may be a small wrapper; the toolchain knows better.
	if root, err := exec.Command(path, "env", "GOROOT").Output(); err == nil {
		own := filepath.Join(strings.TrimSpace(string(root)), "bin", "go"+filepath.Ext(path))
		if _, err := os.Stat(own); err == nil {
			return own, nil
		}
	}
	return filepath.EvalSymlinks(path)
}

func (s *source) Close() error { return s.file.Close() }

// pieceHash is what the page says about a piece.
type pieceHash struct {
	Piece  int64  `json:"piece"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// pieceVerdict is Go's answer.
type pieceVerdict struct {
	Piece int64 `json:"piece"`
	Match bool  `json:"match"`
}

// sending is the outcome of one sending of the file.
type sending struct {
	// Bytes are those that the page says it got, Matched the pieces that it got right.
	Bytes   int64   `json:"bytes"`
	Pieces  int64   `json:"pieces"`
	Matched int64   `json:"matched"`
	Seconds float64 `json:"seconds"` // from the first Send to the last verdict
	err     error
}

// streams are the arguments of the command file.
type streams struct {
	Data     *transport.Stream[[]byte, pieceHash]
	Verdicts *transport.Channel[pieceVerdict]
}

// file is the command that streams the file. The page may call it again.
func (d *demo) file(ctx context.Context, s streams) (sending, error) {
	out, err := d.compare(ctx, s)
	out.err = err
	select {
	case d.source.done <- out:
	default: // the first one counts
	}
	return out, err
}

// compare sends the file, and compares the page's hashes with Go's as they come.
func (d *demo) compare(ctx context.Context, s streams) (sending, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := sending{Pieces: d.source.info.Pieces}
	start := time.Now()
	hashes := make(chan [sha256.Size]byte, ahead)
	go func() {
		if err := d.source.send(ctx, s.Data, hashes); err != nil {
			cancel(err)
		}
	}()
	for piece := range out.Pieces {
		got, err := s.Data.Receive(ctx)
		if err != nil {
			return out, fmt.Errorf("failed to stream piece %d of %d: %w", piece+1, out.Pieces, err)
		}
		want, err := receive(ctx, hashes)
		if err != nil {
			return out, err
		}
		match := got.Piece == piece && got.SHA256 == hex.EncodeToString(want[:])
		if match {
			out.Matched++
		}
		out.Bytes += got.Bytes
		out.Seconds = time.Since(start).Seconds()
		d.progress.Add(1)
		if err := s.Verdicts.Send(ctx, pieceVerdict{piece, match}); err != nil {
			return out, err
		}
	}
	return out, nil
}

// send sends the file from its beginning to its end, and the hash of each piece to hashes. It holds
// one buffer: Send copies.
func (s *source) send(ctx context.Context, data *transport.Stream[[]byte, pieceHash],
	hashes chan<- [sha256.Size]byte) error {
	buffer := make([]byte, readBytes)
	file := io.NewSectionReader(s.file, 0, s.info.Size)
	hash := sha256.New()
	for range s.info.Pieces {
		hash.Reset()
		piece := io.LimitReader(file, pieceBytes)
		for {
			n, err := io.ReadFull(piece, buffer)
			if n > 0 {
				hash.Write(buffer[:n])
				if err := data.Send(ctx, buffer[:n]); err != nil {
					return err
				}
			}
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				break
			}
			if err != nil {
				return fmt.Errorf("failed to read the file: %w", err)
			}
		}
		select {
		case hashes <- [sha256.Size]byte(hash.Sum(nil)):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if at, err := file.Seek(0, io.SeekCurrent); err != nil || at != s.info.Size {
		return fmt.Errorf("the file became shorter while it was streamed: %d of %d bytes could "+
			"be read", at, s.info.Size)
	}
	return nil
}
