//go:build linux && cgo

package main

import (
	"fmt"
	"sync"
)

// sequence checks the order of numbered messages. What is missing may still come: then it is
// reordered, not lost. Any goroutine may use it.
type sequence struct {
	mu         sync.Mutex
	next       uint32
	missing    map[uint32]bool
	duplicated int
	reordered  int
}

// mostMissing bounds what is remembered. A larger gap is no wrong order.
const mostMissing = 10_000

// take takes the next message, and says what is wrong with its number, nil if nothing is.
func (s *sequence) take(n uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := s.next
	switch {
	case n == due:
		s.next++
		return nil
	case n > due && n-due <= mostMissing:
		if s.missing == nil {
			s.missing = map[uint32]bool{}
		}
		for ; s.next < n; s.next++ {
			s.missing[s.next] = true
		}
		s.next++
		return fmt.Errorf("message %d where %d is due", n, due)
	case s.missing[n]:
		delete(s.missing, n)
		s.reordered++
		return fmt.Errorf("message %d after %d", n, due-1)
	case n < due:
		s.duplicated++
		return fmt.Errorf("message %d once more, where %d is due", n, due)
	default:
		return fmt.Errorf("message %d where %d is due, which is no message of this stream", n, due)
	}
}

// count says how many have come, if all was right.
func (s *sequence) count() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next
}

// disorder is what went wrong, in numbers of messages.
type disorder struct {
	Lost       int `json:"lost"`
	Duplicated int `json:"duplicated"`
	Reordered  int `json:"reordered"`
}

func (d disorder) any() bool { return d != disorder{} }

func (d disorder) plus(o disorder) disorder {
	return disorder{d.Lost + o.Lost, d.Duplicated + o.Duplicated, d.Reordered + o.Reordered}
}

// disorder gives what went wrong so far.
func (s *sequence) disorder() disorder {
	s.mu.Lock()
	defer s.mu.Unlock()
	return disorder{len(s.missing), s.duplicated, s.reordered}
}
