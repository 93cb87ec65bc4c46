package fuzz

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// FuzzFragments: whatever fragments come, the message is the concatenation of what has come since
// its begin, of the announced length and kind, or a rule is broken; and what is held is bounded by
// what has come.
func FuzzFragments(f *testing.F) {
	f.Fuzz(func(t *testing.T, input []byte) {
		const limit = 4096
		var a wire.Assembly
		var parts []byte
		total, kind, active := 0, wire.Kind(0), false
		for len(input) >= 4 {
			k, lane, n := wire.Begin+wire.Kind(input[0]&3), uint32(input[0]>>2&1), int(input[1])
			word, own := binary.LittleEndian.Uint16(input[2:]), wire.Kind(input[0]>>4)
			input = input[4:]
			n = min(n, len(input))
			frame := wire.Frame{Kind: k, Payload: input[:n]}
			input = input[n:]
			if k == wire.Begin {
				head := make([]byte, wire.BeginSize)
				wire.PutBegin(head, int(word), own)
				frame.Payload = append(head, frame.Payload...)
			}
			done, err := a.Add(frame, wire.Up, lane, limit)

			data := frame.Payload
			var wrong bool
			switch {
			case k == wire.Begin:
				wrong = active || int(word) > limit || own >= wire.Close ||
					!own.Allowed(wire.Up, lane)
				if !wrong {
					active, total, kind, parts, data = true, int(word), own, nil,
						data[wire.BeginSize:]
				}
			case k == wire.Abort:
				wrong = !active || n > 0
				active, data = false, nil
			default:
				wrong = !active
			}
			if !wrong {
				parts = append(parts, data...)
				wrong = k != wire.Abort && (len(parts) > total || k == wire.End &&
					len(parts) != total)
			}
			var rule *wire.RuleError
			if wrong != (err != nil) || err != nil && !errors.As(err, &rule) {
				t.Fatalf("%v of %d bytes: %v, the model says wrong: %v", k, n, err, wrong)
			}
			if err != nil {
				return
			}
			if done != (k == wire.End) {
				t.Fatalf("%v: done %v", k, done)
			}
			if size := a.Size(); size > limit || !active && !done && size > 0 {
				t.Fatalf("%d bytes are held after %v", size, k)
			}
			if done {
				if got, b := a.Take(); got != kind || !bytes.Equal(b, parts) {
					t.Fatalf("%v of %d bytes came, %v of %d is due", got, len(b), kind, len(parts))
				}
				active = false
			}
		}
	})
}
