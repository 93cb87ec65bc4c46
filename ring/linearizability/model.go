// Package linearizability checks short concurrent histories of the ring against a
// sequential model, with Porcupine. It is a module of its own, so that the
// library's go.mod doesn't name the checker.
package linearizability

import (
	"fmt"

	"github.com/anishathalye/porcupine"
	"github.com/tailrace-go/tailrace/ring"
)

// The operations of a history.
type (
	// claimOp asks for n bytes; a wait op does so with Claim, else with TryClaim.
	claimOp struct {
		n    int
		wait bool
	}
	commitOp  struct{ pos uint64 }
	drainOp   struct{ max int }
	releaseOp struct{ end uint64 }
	closeOp   struct{}
	drainedOp struct{}
)

// claimResult is what a claimOp returned: a position or an error.
type claimResult struct {
	pos uint64
	err error
}

// drainResult is what Drain returned. Where nothing was drained the position is
// not compared, since the model passes padding only together with its claim.
type drainResult struct {
	frames, bytes int
	end           uint64
}

// maxClaims bounds the claims in the ring at once; states are arrays, so that they
// can be compared.
const maxClaims = 16

type claim struct {
	pos, size uint64
	committed bool
}

// state is a bounded queue of byte claims with a close.
type state struct {
	tail, released uint64
	closed         bool
	claims         [maxClaims]claim // claimed and not drained, in order
	count          int
}

// newModel returns the model of a ring of a capacity that begins at start.
func newModel(capacity, start uint64) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return state{tail: start, released: start} },
		Step: func(s, in, out any) (bool, any) {
			return s.(state).step(capacity, in, out)
		},
		DescribeOperation: func(in, out any) string {
			return fmt.Sprintf("%T%+v -> %+v", in, in, out)
		},
	}
}

func (s state) step(capacity uint64, in, out any) (bool, state) {
	switch in := in.(type) {
	case claimOp:
		return s.claim(capacity, in, out.(claimResult))
	case commitOp:
		for i := range s.claims[:s.count] {
			if c := &s.claims[i]; c.pos == in.pos && !c.committed {
				c.committed = true
				return true, s
			}
		}
		return false, s
	case drainOp:
		return s.drain(capacity, in.max, out.(drainResult))
	case releaseOp:
		s.released = in.end
		return true, s
	case closeOp:
		s.closed = true
		return true, s
	case drainedOp:
		return out.(bool) == (s.closed && s.count == 0), s
	}
	return false, s
}

func (s state) claim(capacity uint64, in claimOp, out claimResult) (bool, state) {
	if s.closed || out.err == ring.ErrClosed {
		return s.closed && out.err == ring.ErrClosed, s
	}
	size := max(uint64(in.n+ring.Unit-1)/ring.Unit, 1) * ring.Unit
	pos := s.tail
	if rest := capacity - pos%capacity; rest < size {
		pos += rest
	}
	if pos+size-s.released > capacity {
		return !in.wait && out.err == ring.ErrFull, s
	}
	if out.err != nil || out.pos != pos || s.count == maxClaims {
		return false, s
	}
	s.tail = pos + size
	s.claims[s.count] = claim{pos: pos, size: size}
	s.count++
	return true, s
}

func (s state) drain(capacity uint64, most int, out drainResult) (bool, state) {
	var run drainResult
	for _, c := range s.claims[:s.count] {
		if !c.committed || run.bytes+int(c.size) > most || run.frames > 0 && c.pos%capacity == 0 {
			break
		}
		run.frames++
		run.bytes += int(c.size)
		run.end = c.pos + c.size
	}
	left := copy(s.claims[:], s.claims[run.frames:s.count])
	clear(s.claims[left:])
	s.count = left
	return run == out, s
}
