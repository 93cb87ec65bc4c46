package transport

import (
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// delivered says how far a batch brings a lane.
type delivered struct {
	lane *lane
	mark mark
	cost int64 // of the slot's values that end in the batch
}

// batchState is guarded by the lock of the session's receipts.
type batchState struct {
	got    bool // has its receipt
	leased bool // the carrier reads its segments
	lost   bool // must be sent again
	sends  int
	sent   time.Time
}

// zeros is the padding of what does not lie in a ring.
var zeros [8]byte

// reset makes b an empty batch with that header.
func (b *Batch) reset(h *wire.Header) {
	*b = Batch{Number: h.Number, Segments: b.Segments[:0], Apart: b.Apart[:0],
		arena: b.arena.reset(), runs: b.runs[:0]}
	head := wire.AppendHeader(b.arena.take(wire.HeaderSize + len(h.Credits)*wire.CreditSize)[:0], h)
	b.add(head)
}

func (b *Batch) add(p []byte) {
	b.Segments = append(b.Segments, p)
	b.Len += len(p)
}

// finish adds the closing word and writes the length.
func (b *Batch) finish() {
	head := b.Segments[0]
	b.add(append(b.arena.take(wire.ClosingSize)[:0], head[8:16]...))
	wire.SetLength(head, b.Len)
}

// runWriter adds frames of one lane to a batch, as one run for each alignment.
type runWriter struct {
	b     *Batch
	l     *lane
	limit int // of the batch's length
	total int // frames added

	// The current run.
	head  []byte
	count uint32
	bytes int
	first uint64
	align uint32
}

// room is how many bytes of frames may still be added.
func (w *runWriter) room() int { return max(0, w.limit-w.b.Len-wire.RunSize) }

// frames adds n frames that stand in p. A change of alignment begins a new run.
func (w *runWriter) frames(p []byte, n int, align uint32) {
	if w.head == nil || w.align != align {
		w.head = w.b.arena.take(wire.RunSize)
		w.b.add(w.head)
		w.count, w.bytes, w.first, w.align = 0, 0, w.l.drain.seq.Load(), align
	}
	w.b.add(p)
	w.grow(len(p), n)
}

// A frame whose stride is at least apartMin has a run of its own and is marked (Batch.Apart), so
// that a carrier can bring its bytes to where the page wants them. For a shorter one a place of its
// own costs the page more than the copy that it saves.
const (
	apartMin  = 96 << 10
	apartHead = wire.FrameSize + 16 // what stands inline: a begin frame's own fields
)

// apart adds a large frame: its first apartHead bytes, and the rest.
func (w *runWriter) apart(head, rest []byte) {
	w.head = nil
	w.frames(head, 1, 8)
	w.b.Apart = append(w.b.Apart, len(w.b.Segments))
	w.b.add(rest)
	w.grow(len(rest), 0)
	w.head = nil
}

// frame adds one frame whose payload is data behind head, at most 16 bytes of that; it takes the
// bytes as they are.
func (w *runWriter) frame(k wire.Kind, head, data []byte) {
	n := len(head) + len(data)
	// padding would be a segment more
	if stride := wire.FrameSize + n; stride >= apartMin && stride%8 == 0 {
		p := w.b.arena.take(apartHead)
		wire.PutFrame(p, k, n)
		m := copy(p[wire.FrameSize:], head)
		inline := copy(p[wire.FrameSize+m:], data)
		w.apart(p, data[inline:])
		return
	}
	p := w.b.arena.take(wire.FrameSize + len(head))
	wire.PutFrame(p, k, n)
	copy(p[wire.FrameSize:], head)
	w.frames(p, 1, 8)
	if len(data) > 0 {
		w.b.add(data)
		w.grow(len(data), 0)
	}
	if pad := wire.Stride(n, 8) - wire.FrameSize - n; pad > 0 {
		w.b.add(zeros[:pad])
		w.grow(pad, 0)
	}
}

func (w *runWriter) grow(bytes, frames int) {
	w.bytes += bytes
	w.count += uint32(frames)
	w.total += frames
	w.l.drain.seq.Add(uint64(frames))
	w.l.drain.sent.Add(uint64(bytes))
	wire.PutRun(w.head, w.l.id, w.count, w.first, uint32(w.bytes), w.align)
}

// arena hands out small pieces of memory that live as long as their batch.
type arena struct {
	first, chunk []byte
}

const arenaChunk = 2048

func (a *arena) take(n int) []byte {
	if len(a.chunk) < n {
		a.chunk = make([]byte, max(arenaChunk, n))
		if a.first == nil {
			a.first = a.chunk
		}
	}
	p := a.chunk[:n:n]
	a.chunk = a.chunk[n:]
	return p
}

func (a arena) reset() arena { return arena{a.first, a.first} }
