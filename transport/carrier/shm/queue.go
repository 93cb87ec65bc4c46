//go:build linux && (amd64 || arm64)

package shm

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/transport"
)

// least is the shortest segment, in bytes, that a record refers to; a shorter one is copied, since
// an entry costs as much.
const least = 64

// queueBytes is the queue's capacity: much more than two of the largest record, one of them as
// padding at the end of a lap.
func queueBytes(maxBatch int) int { return powerOfTwo(max(8*maxBatch, 2<<20)) }

func powerOfTwo(n int) int { return 1 << bits.Len(uint(n-1)) }

// largestRecord is what a batch's record may take: an entry of a segment that the record refers to
// is shorter than the segment, even with the one for what is inline behind it.
func largestRecord(maxBatch int) int { return recordSize + maxBatch + 2*entrySize }

// queue is Go's end of the records for the page. The carrier's mu guards it, but for written and
// read.
//
// # Doorbells
//
// The page, or here Go, that finds nothing sleeps; whoever brings something rings. Both sides store
// before they load, all atomics being sequentially consistent:
//
//	Go, with a record                       the page, with none left
//	1 tail = t                              a sleeping = a new generation
//	2 load sleeping                         b load tail; if it moved, go on
//	3 if that is not what was rung for      c sleep until the bell
//	  last: note it, ring
//
// If 1 comes before b, the page sees the record in b; that it may be rung for as well costs it one
// look. If b comes before 1, then a comes before 2, so Go sees a generation that it has not rung
// for, and rings. Go may miss a generation only when the same one was rung for already: that bell
// is still to come, or the page has been awake since, and sleeps with a new one. There are 2^32
// generations, and no bell is 2^32 sleeps late.
//
// The page's half of the up ring is the same with the sides exchanged.
//
// # Wishes
//
// Go may find no room, or too much unread. It then wants a bell when head has come to a position:
//
//	Go                                      the page, that has read a record
//	1 wantsAt = p, wants = a new generation a head = h
//	2 load head; if that is enough, go on   b load wants; if new, load wantsAt
//	3 wait for the bell                     c if h >= wantsAt: note the generation, ring
//
// If a comes before 2, Go sees it in 2. If 2 comes before a, then 1 comes before b, and the page
// rings for it when it gets there. A generation with the wantsAt of the next one, between the two
// stores, makes the page ring early or look again: in both cases the next generation is still new
// to it. Go makes no new wish while one is open, and takes one as open until head is there: the
// page has rung for it then, or will.
type queue struct {
	down, up []byte // mapped
	data     []byte // the queue, in down
	inFlight int
	need     int // room with which the largest batch fits

	tail, head    uint64
	unread        int      // bytes of the batches in records
	records       []record // that the page has not read
	wish          wish
	rung          uint32 // the generation of the page's sleep that was rung for
	ring          func()
	written, read atomic.Uint64 // tail and head, for the region

	layout layout
}

// wish is Go's, to be rung for when there is room.
type wish struct {
	open bool
	at   uint64 // when head is there
	last uint32 // its generation
}

// record is one that the page has not read: where it ends, and its batch's bytes.
type record struct {
	end   uint64
	bytes int
}

// consumed looks how far the page has read.
func (q *queue) consumed() error {
	head := word64(q.up, upHead).Load()
	if head == q.head {
		return nil
	}
	if head-q.head > q.tail-q.head || head%8 != 0 {
		return fmt.Errorf("the page has read up to %d, of %d to %d", head, q.head, q.tail)
	}
	q.head = head
	q.read.Store(head)
	n := 0
	for n < len(q.records) && int64(head-q.records[n].end) >= 0 {
		q.unread -= q.records[n].bytes
		n++
	}
	q.records = append(q.records[:0], q.records[n:]...)
	return nil
}

// granted reports whether the wish has come true.
func (q *queue) granted() bool {
	if !q.wish.open || int64(q.head-q.wish.at) < 0 {
		return false
	}
	q.wish.open = false
	return true
}

// ready reports whether the largest batch has room and the page has not too much unread. Otherwise
// the page will ring.
func (q *queue) ready() (bool, error) { return q.look(q.need, true) }

// look reports whether there is room for n bytes, and, if bound is set, little enough unread.
func (q *queue) look(n int, bound bool) (bool, error) {
	for {
		if err := q.consumed(); err != nil {
			return false, err
		}
		q.granted()
		at, ok := q.lacks(n, bound)
		if ok || q.wish.open {
			return ok, nil
		}
		q.wish.open, q.wish.at = true, at
		word64(q.down, downWantsAt).Store(at)
		q.wish.last++
		word32(q.down, downWants).Store(q.wish.last)
	}
}

// lacks gives up to where the page must read before there is room, or little enough unread.
func (q *queue) lacks(n int, bound bool) (at uint64, ok bool) {
	at = q.head
	if used := int(q.tail - q.head); used+n > len(q.data) {
		at = q.tail - uint64(len(q.data)-n)
	}
	if bound && q.unread >= q.inFlight {
		// the page's receipts come earlier, and wake the drainer: a bell for each of them would
		// cost a tenth
		at = q.tail
	}
	return at, at == q.head
}

// layout is where a batch's segments go in a record.
type layout struct {
	entries  []entry
	copied   []int // segments that are copied
	inline   int   // bytes
	skeleton int
}

type entry struct {
	offset uint64
	length int
	flags  uint32
}

// plan makes the layout of a batch.
func (l *layout) plan(b *transport.Batch, r *region) {
	*l = layout{entries: l.entries[:0], copied: l.copied[:0]}
	next := 0
	for i, s := range b.Segments {
		apart := next < len(b.Apart) && b.Apart[next] == i
		if apart {
			next++
		} else {
			l.skeleton += len(s)
		}
		if len(s) == 0 && !apart {
			continue
		}
		e := entry{offset: inlineOffset, length: len(s)}
		if apart {
			e.flags = entryApart
		}
		if len(s) >= least {
			if at, ok := r.offset(s); ok {
				e.offset = uint64(at)
			}
		}
		if e.offset == inlineOffset {
			l.copied = append(l.copied, i)
			l.inline += len(s)
			if n := len(l.entries); n > 0 && !apart && l.entries[n-1].offset == inlineOffset &&
				l.entries[n-1].flags == 0 {
				l.entries[n-1].length += len(s)
				continue
			}
		}
		l.entries = append(l.entries, e)
	}
}

// size is the record's.
func (l *layout) size() int { return (recordSize + entrySize*len(l.entries) + l.inline + 7) &^ 7 }

// put publishes a batch as a record, if there is room: otherwise the page will ring. slots is how
// many messages about slots it needs.
func (q *queue) put(b *transport.Batch, slots uint64, r *region) (bool, error) {
	q.layout.plan(b, r)
	size := q.layout.size()
	at := int(q.tail % uint64(len(q.data)))
	pad := 0
	if rest := len(q.data) - at; rest < size {
		pad = rest
	}
	if size > len(q.data)/2 {
		return false, fmt.Errorf("a batch of %d bytes makes a record of %d, the queue has %d",
			b.Len, size, len(q.data))
	}
	if ok, err := q.look(pad+size, false); !ok {
		return false, err
	}
	le := binary.LittleEndian
	if pad > 0 {
		le.PutUint64(q.data[at:], uint64(pad)|flagPad<<32)
		at = 0
	}
	q.layout.write(q.data[at:at+size], b, slots)
	q.tail += uint64(pad + size)
	q.written.Store(q.tail)
	q.unread += b.Len
	q.records = append(q.records, record{q.tail, b.Len})
	word64(q.down, downTail).Store(q.tail)
	if g := word32(q.up, upSleeping).Load(); g != q.rung {
		q.rung = g
		q.ring()
	}
	return true, nil
}

// write makes the record of a batch that was planned.
func (l *layout) write(p []byte, b *transport.Batch, slots uint64) {
	le := binary.LittleEndian
	flags := uint32(0)
	if b.Borrow {
		flags |= flagBorrow
	}
	if len(b.Apart) > 0 {
		flags |= flagApart
	}
	le.PutUint32(p[0:], uint32(len(p)))
	le.PutUint32(p[4:], flags)
	le.PutUint32(p[8:], uint32(len(l.entries)))
	le.PutUint32(p[12:], 0)
	le.PutUint64(p[16:], slots)
	le.PutUint64(p[24:], uint64(l.skeleton))
	rest := p[recordSize:]
	for _, e := range l.entries {
		le.PutUint64(rest[0:], e.offset)
		le.PutUint32(rest[8:], uint32(e.length))
		le.PutUint32(rest[12:], e.flags)
		rest = rest[entrySize:]
	}
	next := 0
	for _, i := range l.copied {
		n := copy(rest, b.Segments[i])
		if len(b.Apart) > 0 {
			for next < len(b.Apart) && b.Apart[next]-2 < i {
				next++
			}
			if i == 0 {
				le.PutUint32(rest[lengthAt:], uint32(l.skeleton))
			}
			if next < len(b.Apart) && b.Apart[next]-2 == i {
				le.PutUint32(rest[16:], apartHead)
				le.PutUint32(rest[20:], le.Uint32(rest[20:])|apartRun)
			}
		}
		rest = rest[n:]
	}
}
