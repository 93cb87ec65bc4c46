package fuzz

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/tailrace-go/tailrace/transport"
)

// noise is what messages are filled with.
var noise = func() []byte {
	b := make([]byte, 256<<10)
	r := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], r.Uint64())
	}
	return b
}()

// headSize is the part of a message that says which one it is: its series, and its number in it.
// Shorter messages are known by their place only.
const headSize = 6

// content is message n of a series: no two of a program are equal but very short ones.
func content(series byte, n, size int) []byte {
	b := make([]byte, size)
	if size >= headSize {
		b[0], b[1] = series, ^series
		binary.LittleEndian.PutUint32(b[2:], uint32(n))
		copy(b[headSize:], fill(series, n))
		return b
	}
	copy(b, fill(series, n))
	return b
}

func fill(series byte, n int) []byte { return noise[(n*37+int(series)*5)%4096:] }

// is reports whether b is that message.
func is(b []byte, series byte, n, size int) bool {
	if len(b) != size {
		return false
	}
	if size >= headSize {
		if b[0] != series || b[1] != ^series || binary.LittleEndian.Uint32(b[2:]) != uint32(n) {
			return false
		}
		b = b[headSize:]
	}
	return bytes.Equal(b, fill(series, n)[:len(b)])
}

// fate of an offer: what Go or the page said to who sends.
type verdict byte

const (
	open verdict = iota // it has not been decided
	accepted
	refused
	unsure // the session ended meanwhile: it may have come or not
)

// offer is one message that was passed to a send, with the times at which that began and ended.
type offer struct {
	size       int
	start, end int64
	verdict    verdict
	arrived    bool
}

// series is the messages of one sender, which sends one after the other, or of several at once.
type series struct {
	id       byte
	offers   []*offer
	next     int  // of one sender: the first that has not arrived, if all arrive
	parallel bool // several
}

// order is a stream of messages with its senders and the rule of their order: a message that was
// accepted before another was offered stands before it.
type order struct {
	name   string
	series []*series
	latest bool  // only the last one must arrive
	begun  int64 // the latest start of those that have arrived
}

// arrive takes a message that has come, and says what is wrong with it.
func (o *order) arrive(b []byte) error {
	s := o.series[0]
	if len(b) >= headSize {
		if int(b[0])>>4 >= len(o.series) {
			return fmt.Errorf("%s: %s came, which nobody sent", o.name, describe(b))
		}
		s = o.series[b[0]>>4]
	}
	if s.parallel {
		return o.take(s, b, int(binary.LittleEndian.Uint32(b[2:])))
	}
	for ; s.next < len(s.offers); s.next++ {
		m := s.offers[s.next]
		if m.verdict == refused || o.latest && !is(b, s.id, s.next, m.size) {
			continue
		}
		s.next++
		return o.take(s, b, s.next-1)
	}
	return fmt.Errorf("%s: %s came, nothing is due in series %x", o.name, describe(b), s.id)
}

// take checks that what has come is message n of a series, and may come now.
func (o *order) take(s *series, b []byte, n int) error {
	if n >= len(s.offers) {
		return fmt.Errorf("%s: %s came, which nobody sent", o.name, describe(b))
	}
	m := s.offers[n]
	switch {
	case !is(b, s.id, n, m.size):
		return fmt.Errorf("%s: %s came, message %d of %d bytes of series %x is due", o.name,
			describe(b), n, m.size, s.id)
	case m.arrived || m.verdict == refused:
		return fmt.Errorf("%s: %s has come before (%v) or was refused", o.name, describe(b),
			m.arrived)
	case m.verdict == accepted && m.end < o.begun:
		return fmt.Errorf("%s: %s came after one that was offered when it had been accepted",
			o.name, describe(b))
	}
	o.begun = max(o.begun, m.start)
	m.arrived = true
	return nil
}

func describe(b []byte) string {
	if len(b) < headSize {
		return fmt.Sprintf("a message of %d bytes, %x,", len(b), b)
	}
	return fmt.Sprintf("message %d of series %x, %d bytes,", binary.LittleEndian.Uint32(b[2:]),
		b[0], len(b))
}

// missing says what has been accepted up to a time and has not arrived.
func (o *order) missing(until int64) error {
	if o.latest {
		var last *offer
		for _, s := range o.series {
			for _, m := range s.offers {
				if m.verdict == accepted && m.end <= until && (last == nil || m.start > last.end) {
					last = m
				}
			}
		}
		if last != nil && last.start > o.begun {
			return fmt.Errorf("%s: the last value of %d bytes has not come", o.name, last.size)
		}
		return nil
	}
	for _, s := range o.series {
		for n := s.next; n < len(s.offers); n++ { // next stays 0 with several senders
			if m := s.offers[n]; m.verdict == accepted && !m.arrived && m.end <= until {
				return fmt.Errorf("%s: message %d of series %x, %d bytes, was accepted and has "+
					"not come", o.name, n, s.id, m.size)
			}
		}
	}
	return nil
}

// settled says whether an offer was refused that arrived, or has no verdict.
func (o *order) settled() error {
	for _, s := range o.series {
		for n, m := range s.offers {
			switch {
			case m.verdict == open:
				return fmt.Errorf("%s: message %d of series %x, %d bytes: the send does not return",
					o.name, n, s.id, m.size)
			case m.verdict == refused && m.arrived:
				return fmt.Errorf("%s: message %d of series %x was refused and has come", o.name, n,
					s.id)
			}
		}
	}
	return nil
}

// expected reports whether a send may give that error in a session whose sends get through.
func expected(err error) bool {
	return errors.Is(err, transport.ErrClosed) || errors.Is(err, transport.ErrFull) ||
		errors.Is(err, transport.ErrTooLarge) ||
		errors.Is(err, transport.ErrMemory) || errors.Is(err, errCancelled)
}

var errCancelled = errors.New("the program has cancelled the sends")
