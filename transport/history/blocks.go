package history

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/klauspost/compress/s2"
)

// blocks are the newest messages, numbered from 1. Messages gather in an open block; a full block
// is compressed, and from then on never changes; the oldest block goes when room is needed. Guarded
// by its Memory's mu.
//
// A message that is larger than a block has a block of its own.
//
// BlockBytes is how much is compressed at once, too. Of telemetry as JSON, 16, 64 and 256 KiB gave
// 3.2, 3.7 and 4.0 times as many messages in the same memory; of log lines 2.4, 2.5 and 2.6 times.
// A message that is read again costs the decoding of its whole block, and a reader holds one, so
// the gain of the largest is not worth it.
//
// Blocks are compressed with S2 (at its default level): in blocks of 64 KiB 951 MB/s in and
// 1657 MB/s out for JSON, 1013 and 1686 for log lines. zstd at its fastest level fits more, 6.6 and
// 4.2 times as many, at 265 MB/s in and 870 out, 166 and 625 for log lines. All that is sent is
// compressed, by the sender, and little is ever read again; zstd would cost a sender as much as a
// carrier does (100 to 230 MB/s for the custom scheme), and hold the store's lock four times as
// long. Noise, as the lowest bits of samples are, compresses with neither: it is kept as it is. Two
// shared cores; BenchmarkHistoryCodecs prints the figures.
type blocks struct {
	limit  int      // of what size counts
	sealed []sealed // oldest first
	cost   int      // of the sealed ones
	raw    int      // their bytes before compression
	open   []byte   // the newest messages, as records
	first  uint64   // the sequence of the first message in open
	next   uint64   // the sequence of the next message
}

// sealed is a run of messages that is full: immutable.
type sealed struct {
	first uint64 // the sequence of its first message
	end   uint64 // that behind its last one
	raw   int    // bytes before compression
	data  []byte // compressed, unless that is not shorter
}

// blockCost is what a block takes beside its data.
const blockCost = 96

// everything is the floor when any message may be dropped.
const everything = math.MaxUint64

// packs are buffers for what is compressed.
var packs = sync.Pool{New: func() any { return new([]byte) }}

func newBlocks(limit int) blocks {
	return blocks{limit: limit, open: make([]byte, 0, BlockBytes), first: 1, next: 1}
}

// size is the memory that is held: the sealed blocks, and the whole of the open one.
func (h *blocks) size() int { return h.cost + BlockBytes }

// oldest is the sequence of the oldest message that is kept; the next one's if none is.
func (h *blocks) oldest() uint64 {
	if len(h.sealed) > 0 {
		return h.sealed[0].first
	}
	return h.first
}

// has reports whether the message fits into the open block.
func (h *blocks) has(n int) bool { return recordSize(n) <= cap(h.open)-len(h.open) }

// put appends a copy of a message for which the open block has room.
func (h *blocks) put(message []byte) {
	h.open = appendRecord(h.open, message)
	h.next++
}

// add appends a copy of a message, and drops the oldest blocks if it must. It reports whether there
// was room: no message behind floor is dropped.
func (h *blocks) add(message []byte, floor uint64) bool {
	if h.has(len(message)) {
		h.put(message)
		return true
	}
	n := recordSize(len(message))
	large := n > BlockBytes
	need := 0
	if len(h.open) > 0 {
		need += len(h.open) + blockCost // should it not compress
	}
	if large {
		need += n + blockCost
	}
	if !h.makeRoom(need, floor) {
		return false
	}
	if len(h.open) > 0 {
		h.seal(h.open)
		h.open = h.open[:0]
	}
	if large {
		h.next++
		h.seal(appendRecord(make([]byte, 0, n), message))
		return true
	}
	if h.open == nil { // it was cleared
		h.open = make([]byte, 0, BlockBytes)
	}
	h.put(message)
	return true
}

// makeRoom drops what it may until need bytes fit.
func (h *blocks) makeRoom(need int, floor uint64) bool {
	for h.size()+need > h.limit {
		if len(h.sealed) == 0 || h.sealed[0].end-1 > floor {
			return false
		}
		b := h.sealed[0]
		h.sealed[0] = sealed{}
		h.sealed = h.sealed[1:]
		h.cost -= len(b.data) + blockCost
		h.raw -= b.raw
	}
	return true
}

// clear forgets all messages.
func (h *blocks) clear() {
	h.sealed, h.cost, h.raw = nil, 0, 0
	h.open, h.first = nil, h.next
}

// seal makes a block of raw, which holds the messages from first to the one before next. It keeps
// no part of raw.
func (h *blocks) seal(raw []byte) {
	b := sealed{first: h.first, end: h.next, raw: len(raw)}
	p := packs.Get().(*[]byte)
	if most := s2.MaxEncodedLen(len(raw)); cap(*p) < most {
		*p = make([]byte, most)
	}
	packed := s2.Encode((*p)[:cap(*p)], raw)
	if len(packed) >= len(raw) {
		packed = raw
	}
	b.data = append(make([]byte, 0, len(packed)), packed...)
	if cap(*p) <= 1<<20 {
		packs.Put(p)
	}
	h.sealed = append(h.sealed, b)
	h.cost += len(b.data) + blockCost
	h.raw += b.raw
	h.first = h.next
}

// find gives the sealed block of a message that is in one.
func (h *blocks) find(sequence uint64) sealed {
	low, high := 0, len(h.sealed)
	for low < high {
		if middle := (low + high) / 2; h.sealed[middle].end <= sequence {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return h.sealed[low]
}

// errDamaged is a block that does not decode: memory was damaged.
var errDamaged = errors.New("history: a block is damaged")

// unpack gives the block's records, decoded into the memory of b if they have to be.
func (s *sealed) unpack(b *Block) ([]byte, error) {
	if len(s.data) == s.raw {
		return s.data, nil
	}
	raw, err := s2.Decode(b.room(s.raw)[:s.raw], s.data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return raw, nil
}
