//go:build linux && cgo

package webview

import (
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// badFS is a file system of the app of which one method panics: the file's name says which.
type badFS struct{ fs.FS }

// do panics, or ends the goroutine, when the file's name has that word.
func do(name, word string) {
	switch name {
	case word + ".txt", word + ".bin":
		panic((*closer)(nil))
	case word + "-exits.txt":
		runtime.Goexit()
	}
}

func (b badFS) Open(name string) (fs.File, error) {
	do(name, "open")
	f, err := b.FS.Open("abc.txt")
	if !strings.HasSuffix(name, ".txt") && !strings.HasSuffix(name, ".bin") {
		return b.FS.Open(name)
	}
	return &badFile{f, name, 0}, err
}

type badFile struct {
	fs.File
	name string
	read int
}

func (b *badFile) Stat() (fs.FileInfo, error) {
	do(b.name, "stat")
	info, err := b.File.Stat()
	return badInfo{info, b.name}, err
}

func (b *badFile) Read(p []byte) (int, error) {
	if strings.HasSuffix(b.name, ".bin") { // a long one: the answer has begun when it panics
		if b.read += len(p); b.read < 2<<20 {
			return len(p), nil
		}
	}
	do(b.name, "read")
	return b.File.Read(p)
}

func (b *badFile) Seek(offset int64, whence int) (int64, error) {
	do(b.name, "seek")
	if strings.HasSuffix(b.name, ".bin") && whence == io.SeekEnd {
		return 4 << 20, nil
	}
	return b.File.(io.Seeker).Seek(offset, whence)
}

func (b *badFile) Close() error {
	do(b.name, "close")
	return b.File.Close()
}

type badInfo struct {
	fs.FileInfo
	name string
}

func (b badInfo) IsDir() bool { do(b.name, "isdir"); return false }

func (b badInfo) Mode() fs.FileMode { do(b.name, "mode"); return b.FileInfo.Mode() }

func (b badInfo) ModTime() time.Time { do(b.name, "modtime"); return b.FileInfo.ModTime() }

func (b badInfo) Name() string { do(b.name, "name"); return b.FileInfo.Name() }

// TestFilesThatPanic: a file system of the app that panics, wherever it does, is an error of that
// one request.
func TestFilesThatPanic(t *testing.T) {
	logger, log := warningLog()
	app := newApp(t, Options{Assets: badFS{testFiles()}, Logger: logger},
		func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{})
	for _, name := range []string{
		"open", "open-exits", "stat", "isdir", "mode", "modtime", "name", "read", "read-exits",
		"seek",
	} {
		if r := p.fetch("/"+name+".txt", `{}`); r.Status != 500 {
			t.Errorf("%s: %+v", name, r)
		}
		if !strings.Contains(log.String(), "path=/"+name+".txt") {
			t.Errorf("%s is not in the log", name)
		}
	}
	// Several ranges are read on a goroutine of package http's.
	for _, name := range []string{"read", "read-exits"} {
		var got string
		p.run(`return await fetch('/`+name+`.txt', { headers: { Range: 'bytes=0-1,4-5' } })
			.then((r) => r.text()).catch((e) => '')`, &got)
		if strings.Contains(got, "abcdef") {
			t.Errorf("ranges of a file that panics: %q", got)
		}
	}
	// What panics behind the content has harmed nobody, or shows as an answer that is cut.
	if r := p.fetch("/close.txt", `{}`); r.Status != 500 && r.Status != 200 {
		t.Errorf("close: %+v", r)
	}
	var cut [2]int
	p.run(`const r = await fetch('/read.bin');
		return [+r.headers.get('content-length'),
		(await r.arrayBuffer().catch(() => new ArrayBuffer())).byteLength]`, &cut)
	if cut[0] != 4<<20 || cut[1] >= 2<<20 {
		t.Errorf("a long file that panics: %d of %d bytes", cut[1], cut[0])
	}
	var statuses []int
	p.run(`return Promise.all(Array.from({ length: 65 },
		() => fetch('/open.txt').then((r) => r.status)))`, &statuses)
	if len(statuses) != assetReaders+1 ||
		slices.ContainsFunc(statuses, func(s int) bool { return s != 500 }) {
		t.Errorf("a reader was lost: %v", statuses)
	}
	if r := p.fetch("/good.txt", `{}`); r.Status != 200 || r.Text != "abcdefghijklmnopqrstuvwxyz" {
		t.Errorf("a good file: %+v", r)
	}
}
