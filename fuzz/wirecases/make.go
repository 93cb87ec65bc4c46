package main

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// maker makes inputs that are nearly right: whole batches, and such with a few changes, most of
// them with a length and a closing word that fit, so that more than these is checked.
type maker struct {
	r    *rand.Rand
	pool []input
}

func (m *maker) next() input {
	in := m.random()
	if m.r.IntN(3) == 0 {
		in = m.pool[m.r.IntN(len(m.pool))]
		in.raw = bytes.Clone(in.raw)
	}
	for range m.r.IntN(4) {
		in.raw = m.change(in.raw)
	}
	if m.r.IntN(8) == 0 {
		in.up = !in.up
	}
	if m.r.IntN(8) > 0 {
		mend(in.raw)
	}
	return in
}

// mend makes length and closing word fit.
func mend(b []byte) {
	if len(b) >= wire.HeaderSize+wire.ClosingSize {
		wire.SetLength(b, len(b))
		copy(b[len(b)-wire.ClosingSize:], b[8:16])
	}
}

// odd are numbers at the edges of rules.
var odd = []uint64{0, 1, 2, 3, 7, 8, 9, 14, 15, 16, 32, 64, 128, 255, 256, 1<<31 - 1, 1 << 31,
	1<<31 + 8, 1<<32 - 8, 1<<32 - 1,
	1 << 32, 1<<53 - 1, 1 << 53, 1 << 63, 1<<64 - 1}

func (m *maker) odd() uint64 { return odd[m.r.IntN(len(odd))] }

// change does one thing to a batch.
func (m *maker) change(b []byte) []byte {
	if len(b) < 8 {
		return append(b, make([]byte, 8)...)
	}
	word := m.r.IntN(len(b)/4) * 4
	switch m.r.IntN(9) {
	case 0:
		b[m.r.IntN(len(b))] ^= 1 << m.r.IntN(8)
	case 1:
		b[m.r.IntN(len(b))] = byte(m.odd())
	case 2:
		binary.LittleEndian.PutUint32(b[word:], uint32(m.odd()))
	case 3:
		binary.LittleEndian.PutUint32(b[word:], binary.LittleEndian.Uint32(b[word:])+
			uint32(m.r.IntN(33)-16))
	case 4:
		if word+8 <= len(b) {
			binary.LittleEndian.PutUint64(b[word:], m.odd())
		}
	case 5:
		b = b[:m.r.IntN(len(b)+1)]
	case 6:
		b = b[:m.r.IntN(len(b)/8+1)*8]
	case 7: // take a piece out
		at := m.r.IntN(len(b)/8) * 8
		n := min(8*(1+m.r.IntN(4)), len(b)-at)
		b = append(b[:at], b[at+n:]...)
	case 8: // repeat a piece
		at := m.r.IntN(len(b)/8) * 8
		n := min(8*(1+m.r.IntN(6)), len(b)-at)
		b = append(b[:at+n], bytes.Clone(b[at:])...)
	}
	return b
}

// random is a batch that breaks few rules.
func (m *maker) random() input {
	r := m.r
	in := input{up: r.IntN(2) == 0}
	h := wire.Header{
		Number: 1 + r.Uint64N(1<<uint(1+r.IntN(53))), Receipt: r.Uint64N(1 << uint(1+r.IntN(53))),
		Selective: r.Uint32() >> r.IntN(32),
	}
	if in.up {
		h.Slot, h.Request, h.Hold = uint32(r.IntN(16)), r.Uint32(), uint32(r.IntN(20_001))
	}
	for range r.IntN(4) * r.IntN(3) {
		h.Credits = append(h.Credits, wire.Credit{
			Lane: uint32(r.IntN(9)), Total: r.Uint64N(1 << 53),
		})
	}
	runs := r.IntN(4)
	if r.IntN(12) == 0 {
		h.Number, runs = 0, 0
	}
	in.raw = wire.AppendHeader(nil, &h)
	for range runs {
		in.raw = m.run(in.raw, in.up)
	}
	in.raw = wire.Finish(in.raw)
	return in
}

// run appends one.
func (m *maker) run(dst []byte, up bool) []byte {
	r := m.r
	d := wire.Down
	if up {
		d = wire.Up
	}
	lane := uint32(r.IntN(6))
	align := 8 << r.IntN(4)
	at := len(dst)
	dst = append(dst, make([]byte, wire.RunSize)...)
	count := 1 + r.IntN(5)
	if r.IntN(16) == 0 {
		count = 0 // a broken rule of its own
	}
	for range count {
		k := wire.Kind(r.IntN(16))
		for tries := 0; tries < 40 && !k.Allowed(d, lane); tries++ {
			k = wire.Kind(r.IntN(16))
		}
		n := r.IntN(40)
		if r.IntN(20) == 0 {
			n = r.IntN(2000)
		}
		frame := make([]byte, wire.Stride(n, align))
		for i := range frame {
			bits := r.Uint32() // few are set
			frame[i] = byte(bits & (bits >> 8) & (bits >> 16))
		}
		if k == wire.Event && n >= 12 && r.IntN(4) > 0 {
			binary.LittleEndian.PutUint32(frame[wire.FrameSize:], uint32(r.IntN(4)))
			binary.LittleEndian.PutUint32(frame[wire.FrameSize+4:], uint32(r.IntN(3)))
		}
		wire.PutFrame(frame, k, n)
		dst = append(dst, frame...)
	}
	wire.PutRun(dst[at:], lane, uint32(count), r.Uint64N(1<<uint(1+r.IntN(53))),
		uint32(len(dst)-at-wire.RunSize), uint32(align))
	return dst
}
