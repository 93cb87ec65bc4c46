// Package tickets connects the channels of a command's arguments while these are decoded, in their
// UnmarshalJSON. So it does not matter where they stand, behind a type's own UnmarshalJSON and in
// unexported fields too, whether they are copied afterwards, and what else hangs on what was
// decoded: nobody walks it.
//
// UnmarshalJSON gets nothing but the text. So Go puts a ticket into each such string before it
// decodes: "__CHANNEL__:5" becomes "__CHANNEL__:5:TICKET". A ticket is random, as a page must not
// get at another call's channels, and holds while one call's arguments are decoded.
//
// Rejected: to walk what was decoded. It may be a graph with cycles, or lead to objects of the app
// that others use; and it does not find what a type hides.
package tickets

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"

	"github.com/puzpuzpuz/xsync/v3"
	"github.com/tailrace-go/tailrace/internal/ranked"
)

// prefix begins the string that stands for a channel in a command's arguments.
const prefix = "__CHANNEL__:"

// Lane is a channel with its number.
type Lane interface{ Number() uint32 }

// Book has the calls whose arguments are being decoded, by their tickets. Any goroutine may call
// its methods.
type Book[L Lane] struct {
	calls *xsync.MapOf[string, *Call[L]]
}

// NewBook makes an empty one.
func NewBook[L Lane]() Book[L] { return Book[L]{xsync.NewMapOf[string, *Call[L]]()} }

// Call is the channels of one call that is being decoded. A page chooses how many these are, and
// how often the arguments name each: what is done for each name must not depend on the first.
type Call[L Lane] struct {
	ticket string
	places map[uint32]int // of each lane's number, in passed. Nobody changes it

	mu     ranked.Mutex[ranked.Leaf] // the codec may decode on several goroutines
	passed []Passed[L]               // in the call's order
}

// Passed is a channel of a call.
type Passed[L Lane] struct {
	Lane   L
	Found  bool  // it stands in what was decoded
	Window int64 // how much the page may send on it
}

// Open gives a call with those channels its ticket, until Close.
func (b Book[L]) Open(lanes []L) *Call[L] {
	c := &Call[L]{
		ticket: rand.Text(),
		places: make(map[uint32]int, len(lanes)),
		passed: make([]Passed[L], len(lanes)),
	}
	for i, l := range lanes {
		c.places[l.Number()], c.passed[i].Lane = i, l
	}
	b.calls.Store(c.ticket, c)
	return c
}

// Close ends the ticket.
func (b Book[L]) Close(c *Call[L]) { b.calls.Delete(c.ticket) }

// Take finds the lane that a channel's text stands for, and notes how much the page may send on it;
// window nil: nothing.
func (b Book[L]) Take(data []byte, window func(L) int64) (lane L, err error) {
	text, ok := bytes.CutPrefix(data, []byte(`"`+prefix))
	if ok {
		text, ok = bytes.CutSuffix(text, []byte(`"`))
	}
	number, ticket, known := bytes.Cut(text, []byte(":"))
	id, err := strconv.ParseUint(string(number), 10, 32)
	if !ok || err != nil {
		return lane, fmt.Errorf("a channel is expected, not %.40s", data)
	}
	var c *Call[L]
	if known {
		c, _ = b.calls.Load(string(ticket))
	}
	if c == nil {
		return lane, fmt.Errorf("channel %d is not among those that the page announced with this "+
			"call, or is decoded at another time", id)
	}
	return c.take(uint32(id), window)
}

func (c *Call[L]) take(id uint32, window func(L) int64) (lane L, err error) {
	place, ok := c.places[id]
	if !ok {
		return lane, fmt.Errorf("channel %d is not among those that the page announced with this "+
			"call", id)
	}
	p := &c.passed[place]
	n := int64(0)
	if window != nil {
		n = window(p.Lane)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p.Found, p.Window = true, max(p.Window, n)
	return p.Lane, nil
}

// Passed gives the channels, in the call's order, as far as they have been decoded.
func (c *Call[L]) Passed() []Passed[L] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.passed)
}

// Mark gives the arguments' JSON with the ticket in the strings that stand for the call's channels.
func (c *Call[L]) Mark(rest []byte) []byte {
	marker := []byte(`"` + prefix)
	out := make([]byte, 0, len(rest)+len(c.passed)*(len(c.ticket)+1))
	for {
		at := bytes.Index(rest, marker)
		if at < 0 {
			return append(out, rest...)
		}
		end := at + len(marker)
		n := bytes.IndexByte(rest[end:], '"')
		// A quote behind a backslash is part of a text.
		if n > 0 && (at == 0 || rest[at-1] != '\\') && c.names(rest[end:end+n]) &&
			!isKey(rest[end+n+1:]) {
			end += n
			out = append(append(append(out, rest[:end]...), ':'), c.ticket...)
		} else {
			out = append(out, rest[:end]...)
		}
		rest = rest[end:]
	}
}

// names reports whether that is the number of one of the call's channels.
func (c *Call[L]) names(number []byte) bool {
	id, err := strconv.ParseUint(string(number), 10, 32)
	if err != nil {
		return false
	}
	_, ok := c.places[uint32(id)]
	return ok
}

// isKey reports whether the string before that is a key of an object.
func isKey(behind []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(behind, " \t\r\n"), []byte(":"))
}
