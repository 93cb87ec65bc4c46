package wire

import "encoding/binary"

// Sizes in bytes of the parts of a batch.
const (
	HeaderSize  = 48
	CreditSize  = 16
	RunSize     = 24
	FrameSize   = 8
	ClosingSize = 8
	// BeginSize is the part of a begin frame's payload before the message's first bytes.
	BeginSize = 16
)

// Magic is "TRL1" read as a little-endian word. The last letter is the version.
const Magic uint32 = 'T' | 'R'<<8 | 'L'<<16 | '1'<<24

// Version is the number that hello's answer and the version header carry.
const Version = 1

// Ahead is the largest number of batches without receipt, in each direction.
const Ahead = 32

// MaxNumber is the first 64-bit number that the wire refuses: the page keeps
// numbers as doubles.
const MaxNumber = 1 << 53

// Header is the head of a batch, with its credit entries.
type Header struct {
	Number    uint64
	Receipt   uint64
	Selective uint32
	Slot      uint32
	Request   uint32
	Hold      uint32
	Credits   []Credit
}

// Credit is how many bytes of a lane the receiver has consumed in all.
type Credit struct {
	Lane  uint32
	Total uint64
}

// Stride is what a frame with n bytes of payload takes, in a run of that alignment.
func Stride(n, align int) int { return (FrameSize + n + align - 1) &^ (align - 1) }

// AppendHeader appends a batch's header and credits; the length is 0 until Finish.
func AppendHeader(dst []byte, h *Header) []byte {
	le := binary.LittleEndian
	dst = le.AppendUint32(dst, Magic)
	dst = le.AppendUint32(dst, 0)
	dst = le.AppendUint64(dst, h.Number)
	dst = le.AppendUint64(dst, h.Receipt)
	dst = le.AppendUint32(dst, h.Selective)
	dst = le.AppendUint32(dst, uint32(len(h.Credits)))
	dst = le.AppendUint32(dst, h.Slot)
	dst = le.AppendUint32(dst, h.Request)
	dst = le.AppendUint32(dst, h.Hold)
	dst = le.AppendUint32(dst, 0)
	for _, c := range h.Credits {
		dst = le.AppendUint32(dst, c.Lane)
		dst = le.AppendUint32(dst, 0)
		dst = le.AppendUint64(dst, c.Total)
	}
	return dst
}

// SetLength writes the length of the whole batch into its header.
func SetLength(header []byte, n int) { binary.LittleEndian.PutUint32(header[4:], uint32(n)) }

// PutRun writes a run's header into b, which has RunSize bytes.
func PutRun(b []byte, lane, count uint32, first uint64, bytes, align uint32) {
	_ = b[RunSize-1]
	le := binary.LittleEndian
	le.PutUint32(b, lane)
	le.PutUint32(b[4:], count)
	le.PutUint64(b[8:], first)
	le.PutUint32(b[16:], bytes)
	le.PutUint32(b[20:], align)
}

// PutFrame writes a frame's header into b, which has at least FrameSize bytes.
func PutFrame(b []byte, k Kind, length int) {
	binary.LittleEndian.PutUint64(b, uint64(uint32(length))|uint64(k)<<32)
}

// PutBegin writes what stands in a begin frame's payload before the first bytes.
func PutBegin(b []byte, total int, k Kind) {
	_ = b[BeginSize-1]
	binary.LittleEndian.PutUint64(b, uint64(total))
	binary.LittleEndian.PutUint64(b[8:], uint64(k))
}

// AppendRun appends a run of whole frames with alignment 8. It copies, so it
// serves what is not a ring's: tests and tools.
func AppendRun(dst []byte, lane uint32, first uint64, frames ...Frame) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, RunSize)...)
	for _, f := range frames {
		dst = AppendFrame(dst, f.Kind, f.Payload)
	}
	PutRun(dst[at:], lane, uint32(len(frames)), first, uint32(len(dst)-at-RunSize), 8)
	return dst
}

// AppendFrame appends one frame, padded to 8 bytes.
func AppendFrame(dst []byte, k Kind, payload []byte) []byte {
	var h [FrameSize]byte
	PutFrame(h[:], k, len(payload))
	dst = append(dst, h[:]...)
	dst = append(dst, payload...)
	for pad := Stride(len(payload), 8) - FrameSize - len(payload); pad > 0; pad-- {
		dst = append(dst, 0)
	}
	return dst
}

// Finish appends the closing word of the batch that dst holds from its first
// byte on, and writes its length.
func Finish(dst []byte) []byte {
	dst = append(dst, dst[8:16]...)
	SetLength(dst, len(dst))
	return dst
}
