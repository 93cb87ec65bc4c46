package fuzz

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// seed adds the golden vectors.
func seed(f *testing.F) {
	files, err := filepath.Glob("../internal/wire/testdata/golden/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("no golden vectors: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var v struct {
			Direction string
			Hex       string
		}
		if err := json.Unmarshal(data, &v); err != nil {
			f.Fatal(err)
		}
		raw, err := hex.DecodeString(v.Hex)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, v.Direction == "up")
	}
}

// FuzzDecode: a batch is refused with one of the two errors, or it is exactly what its own parts,
// encoded again, give: nothing was skipped and nothing made up.
func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, raw []byte, up bool) {
		d := wire.Down
		if up {
			d = wire.Up
		}
		b, err := wire.Decode(raw, d)
		if err != nil {
			var rule *wire.RuleError
			if !errors.Is(err, wire.ErrLost) && !errors.As(err, &rule) {
				t.Fatalf("error %v", err)
			}
			return
		}
		out := wire.AppendHeader(nil, &b.Header)
		for i := range b.Runs {
			r := &b.Runs[i]
			at := len(out)
			out = append(out, make([]byte, wire.RunSize)...)
			wire.PutRun(out[at:], r.Lane, r.Count, r.First, uint32(r.Bytes()), r.Align)
			if err := r.Each(func(f wire.Frame, stride int) error {
				frame := make([]byte, stride)
				wire.PutFrame(frame, f.Kind, len(f.Payload))
				n := copy(frame[wire.FrameSize:], f.Payload)
				// The padding has no meaning, so it is taken over.
				copy(frame[wire.FrameSize+n:], raw[len(out)+wire.FrameSize+n:])
				out = append(out, frame...)
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if out = wire.Finish(out); !bytes.Equal(out, raw) {
			t.Fatalf("encoded again:\n%x\nwas\n%x", out, raw)
		}
	})
}
