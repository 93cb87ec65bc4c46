//go:build linux && (amd64 || arm64)

package shm

// Where things stand; LAYOUT.md says what they mean.
const (
	magic = 'T' | 'R'<<8 | 'S'<<16 | '1'<<24

	// The memory that Go writes.
	downRegion   = 8
	downSlot     = 16
	downQueue    = 24
	downUp       = 32
	downMaxUp    = 40
	downTail     = 128
	downUpHead   = 256
	downSleeping = 384
	downWants    = 512
	downWantsAt  = 520
	downClosed   = 640

	// The memory that the page's process writes.
	upHead     = 0
	upTail     = 128
	upSleeping = 256
	upWants    = 384
	upState    = 512

	// Where the queue begins, and the up ring.
	content = 4096
)

// The page's states.
const (
	pageOffered  = 0
	pageAttached = 1
	pageFailed   = 2
)

// A record of the queue.
const (
	recordSize = 32
	entrySize  = 16
	padSize    = 8

	flagPad    = 1
	flagBorrow = 2
	flagApart  = 4

	inlineOffset = ^uint64(0)
	entryApart   = 1

	// apartHead is how many bytes of an apart frame stand in the skeleton, with its header.
	apartHead = 24
	// lengthAt is where a batch's header has its length.
	lengthAt = 4
	// apartRun marks, in a run's alignment, that its frame's rest is apart.
	apartRun = 1 << 31
)

// A message about slots.
const (
	messageSize = 16
	opMap       = 1
	opUnmap     = 2
)
