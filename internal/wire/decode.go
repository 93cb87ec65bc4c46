package wire

import "encoding/binary"

// Batch is a decoded batch. Its slices lie in the bytes that were decoded.
type Batch struct {
	Header
	Runs []Run
}

// Run is a run of frames of one lane.
type Run struct {
	Lane   uint32
	Count  uint32
	First  uint64
	Align  uint32
	frames []byte
}

// Frame is one frame of a run. Payload lies in the decoded bytes.
type Frame struct {
	Kind    Kind
	Payload []byte
}

// Bytes is the sum of the strides of the run's frames.
func (r *Run) Bytes() int { return len(r.frames) }

// Each calls fn with every frame of the run and its stride, and stops at the first error.
func (r *Run) Each(fn func(f Frame, stride int) error) error {
	for rest := r.frames; len(rest) > 0; {
		word := binary.LittleEndian.Uint64(rest)
		n := int(uint32(word))
		stride := Stride(n, int(r.Align))
		if err := fn(Frame{Kind(word >> 32), rest[FrameSize : FrameSize+n : FrameSize+n]},
			stride); err != nil {
			return err
		}
		rest = rest[stride:]
	}
	return nil
}

// Decode checks and splits one batch that was sent in direction d. The error is
// ErrLost or a *RuleError.
func Decode(b []byte, d Direction) (*Batch, error) {
	le := binary.LittleEndian
	if len(b) < HeaderSize+ClosingSize || len(b)%8 != 0 ||
		int64(le.Uint32(b[4:])) != int64(len(b)) ||
		le.Uint64(b[len(b)-ClosingSize:]) != le.Uint64(b[8:]) {
		return nil, ErrLost
	}
	if magic := le.Uint32(b); magic != Magic {
		if magic&0xffffff == Magic&0xffffff {
			return nil, Broken("version %q, this side speaks %q", byte(magic>>24),
				byte('0'+Version))
		}
		return nil, Broken("magic %#08x", magic)
	}
	batch := &Batch{Header: Header{
		Number: le.Uint64(b[8:]), Receipt: le.Uint64(b[16:]), Selective: le.Uint32(b[24:]),
		Slot: le.Uint32(b[32:]), Request: le.Uint32(b[36:]), Hold: le.Uint32(b[40:]),
	}}
	if batch.Number >= MaxNumber || batch.Receipt >= MaxNumber {
		return nil, Broken("batch number %d or receipt %d over 2^53", batch.Number, batch.Receipt)
	}
	if le.Uint32(b[44:]) != 0 || d == Down && (batch.Slot|batch.Request|batch.Hold) != 0 {
		return nil, Broken("reserved bytes of the batch header are not zero")
	}
	rest := b[HeaderSize : len(b)-ClosingSize]
	n := int64(le.Uint32(b[28:]))
	if n*CreditSize > int64(len(rest)) {
		return nil, Broken("%d credit entries in %d bytes", n, len(rest))
	}
	if n > 0 {
		batch.Credits = make([]Credit, n)
	}
	for i := range batch.Credits {
		c := &batch.Credits[i]
		c.Lane, c.Total = le.Uint32(rest), le.Uint64(rest[8:])
		if le.Uint32(rest[4:]) != 0 || c.Total >= MaxNumber {
			return nil, Broken("credit entry %d: reserved bytes not zero, or a total over 2^53", i)
		}
		rest = rest[CreditSize:]
	}
	if batch.Number == 0 && (len(rest) > 0 || d == Down && n > 0) {
		return nil, Broken("batch 0 carries what needs a receipt")
	}
	for len(rest) > 0 {
		r, err := decodeRun(rest, d)
		if err != nil {
			return nil, err
		}
		batch.Runs = append(batch.Runs, r)
		rest = rest[RunSize+len(r.frames):]
	}
	return batch, nil
}

// decodeRun checks the run at the beginning of b and each of its frames.
func decodeRun(b []byte, d Direction) (Run, error) {
	if len(b) < RunSize {
		return Run{}, Broken("%d bytes are no run", len(b))
	}
	le := binary.LittleEndian
	r := Run{Lane: le.Uint32(b), Count: le.Uint32(b[4:]), First: le.Uint64(b[8:]),
		Align: le.Uint32(b[20:])}
	size := int64(le.Uint32(b[16:]))
	if size > int64(len(b)-RunSize) {
		return Run{}, Broken("run of %d bytes on lane %d in %d bytes", size, r.Lane, len(b)-RunSize)
	}
	switch r.Align {
	case 8, 16, 32, 64:
	default:
		return Run{}, Broken("alignment %d on lane %d", r.Align, r.Lane)
	}
	if r.Count == 0 || r.First >= MaxNumber || size%8 != 0 {
		return Run{}, Broken("run on lane %d: count %d, first %d, %d bytes", r.Lane, r.Count,
			r.First, size)
	}
	r.frames = b[RunSize : RunSize+size]
	count := uint32(0)
	for rest := r.frames; len(rest) > 0; count++ {
		word := le.Uint64(rest)
		stride := (int64(uint32(word)) + FrameSize + int64(r.Align) - 1) &^ (int64(r.Align) - 1)
		if stride > int64(len(rest)) {
			return Run{}, Broken("frame of %d bytes on lane %d in %d bytes of its run",
				uint32(word), r.Lane, len(rest))
		}
		if word>>40 != 0 {
			return Run{}, Broken("reserved bytes of a frame on lane %d are not zero", r.Lane)
		}
		if k := Kind(word >> 32); !k.Allowed(d, r.Lane) {
			return Run{}, Broken("%v frame on lane %d in this direction", k, r.Lane)
		}
		rest = rest[stride:]
	}
	if count != r.Count {
		return Run{}, Broken("run on lane %d says %d frames and has %d", r.Lane, r.Count, count)
	}
	return r, nil
}
