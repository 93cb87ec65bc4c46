package history

import "encoding/binary"

// BlockBytes is how much a Block has room for, unless one message alone is larger.
const BlockBytes = 64 << 10

// Block is what Store.Read fills: messages with their sequences. One goroutine at a time uses it.
// The zero value is empty.
type Block struct {
	buf  []byte // the block's own memory
	data []byte // records: in buf, or in what a Memory keeps
	pos  int    // of the next record, in data
	next uint64 // the sequence of that record; behind the last one, what would follow

	last uint64 // the sequence that was added last
	gaps []jump // where sequences don't follow each other
	gap  int    // the first of gaps that is ahead

	// A Memory's own, so that its next Read need not look for its place: next stands at the byte at
	// of the run of messages that begins with the sequence first.
	of    *Memory
	first uint64
	at    int
}

// jump says that the record at pos has that sequence.
type jump struct {
	pos      int
	sequence uint64
}

// Reset empties the block. It keeps its memory.
func (b *Block) Reset() {
	b.data, b.pos, b.gaps, b.gap = nil, 0, b.gaps[:0], 0
}

// Add copies a message into the block. It reports whether there was room, which there always is in
// an empty one. Sequences must grow.
func (b *Block) Add(sequence uint64, message []byte) bool {
	n := recordSize(len(message))
	if b.data == nil {
		b.data = b.room(n)
	} else if len(b.data)+n > BlockBytes {
		return false
	}
	if sequence != b.last+1 || len(b.data) == 0 || b.of != nil {
		b.gaps = append(b.gaps, jump{len(b.data), sequence})
	}
	b.of, b.last = nil, sequence // no more what a Memory has read
	b.data = appendRecord(b.data, message)
	b.buf = b.data
	return true
}

// room gives the block's memory, empty, with room for n bytes at least; what was needed for a
// larger message is not kept for long.
func (b *Block) room(n int) []byte {
	n = max(n, BlockBytes)
	if cap(b.buf) < n || cap(b.buf) > 4*n {
		b.buf = make([]byte, 0, n)
	}
	return b.buf[:0]
}

// Next takes the next message out of the block: it is valid, and must not be changed, until the
// block is reset or added to. Without one, ok is false.
func (b *Block) Next() (sequence uint64, message []byte, ok bool) {
	if b.pos == len(b.data) {
		return 0, nil, false
	}
	if b.gap < len(b.gaps) && b.gaps[b.gap].pos == b.pos {
		b.next = b.gaps[b.gap].sequence
		b.gap++
	}
	n, k := binary.Uvarint(b.data[b.pos:])
	from, to := b.pos+k, b.pos+k+int(n)
	b.at += to - b.pos
	b.pos = to
	sequence = b.next
	b.next++
	return sequence, b.data[from:to:to], true
}

// Empty reports whether Next would give nothing.
func (b *Block) Empty() bool { return b.pos == len(b.data) }

// Size is the memory that the block holds, in bytes.
func (b *Block) Size() int { return cap(b.buf) }

// recordSize is what a message of n bytes takes in a block: its length as a uvarint, and its bytes.
func recordSize(n int) int {
	k := 1
	for v := n; v >= 0x80; v >>= 7 {
		k++
	}
	return k + n
}

func appendRecord(dst, message []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(message))), message...)
}
