package transport

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/puzpuzpuz/xsync/v3"
	"github.com/tailrace-go/tailrace/internal/wire"
)

// Channels of a command's arguments connect themselves while these are decoded, in their
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

// channelPrefix begins the string that stands for a channel in a command's arguments.
const channelPrefix = "__CHANNEL__:"

// tickets are the calls whose arguments are being decoded.
var tickets = xsync.NewMapOf[string, *collector]()

// collector are the channels of one call that is being decoded. A page chooses how many these are,
// and how often the arguments name each: what is done for each name must not depend on the first.
type collector struct {
	places map[uint32]int // of each lane's number, in passed. Nobody changes it

	mu     sync.Mutex // the codec may decode on several goroutines
	passed []passed   // in the call's order
}

// passed is a channel of a call.
type passed struct {
	lane   *lane
	found  bool  // it stands in what was decoded
	window int64 // how much the page may send on it
}

func newCollector(lanes []*lane) *collector {
	c := &collector{places: make(map[uint32]int, len(lanes)), passed: make([]passed, len(lanes))}
	for i, l := range lanes {
		c.places[l.id], c.passed[i].lane = i, l
	}
	return c
}

// errEmbedded is the UnmarshalJSON of a channel that is not there.
var errEmbedded = errors.New("a nil *Channel or *Stream can't be decoded: a struct that embeds " +
	"one must embed the Channel or Stream itself, or name the field")

// connected finds the lane that a channel's text stands for, and notes how much the page may send
// on it.
func connected(data []byte, window func(*lane) int64) (*lane, error) {
	text, ok := bytes.CutPrefix(data, []byte(`"`+channelPrefix))
	if ok {
		text, ok = bytes.CutSuffix(text, []byte(`"`))
	}
	number, ticket, known := bytes.Cut(text, []byte(":"))
	id, err := strconv.ParseUint(string(number), 10, 32)
	if !ok || err != nil {
		return nil, fmt.Errorf("a channel is expected, not %.40s", data)
	}
	var c *collector
	if known {
		c, _ = tickets.Load(string(ticket))
	}
	if c == nil {
		return nil, fmt.Errorf("channel %d is not among those that the page announced with this "+
			"call, "+
			"or is decoded at another time", id)
	}
	return c.take(uint32(id), window)
}

func (c *collector) take(id uint32, window func(*lane) int64) (*lane, error) {
	place, ok := c.places[id]
	if !ok {
		return nil, fmt.Errorf(
			"channel %d is not among those that the page announced with this call", id)
	}
	p := &c.passed[place]
	n := int64(0)
	if window != nil {
		n = window(p.lane)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p.found, p.window = true, max(p.window, n)
	return p.lane, nil
}

// decodeJSON stores the arguments in *args, connects the channels in them, and tells the page of
// each.
func (inv *invocation) decodeJSON(args any) error {
	body := inv.body
	var c *collector
	if len(inv.lanes) > 0 && mayHoldChannel(reflect.TypeOf(args)) {
		c = newCollector(inv.lanes)
		ticket := rand.Text()
		tickets.Store(ticket, c)
		defer tickets.Delete(ticket)
		body = c.ticketed(inv.body, ticket)
	}
	if err := decode(inv.s.opt.Codec, body, args); err != nil {
		return err
	}
	if err := complete(args); err != nil {
		return err
	}
	if c != nil {
		c.mu.Lock()
		all := slices.Clone(c.passed)
		c.mu.Unlock()
		for _, p := range all {
			if !p.found {
				continue
			}
			if err := inv.announce(p.lane, p.window); err != nil {
				return err
			}
		}
	}
	for _, l := range inv.opened {
		if err := inv.announce(l, 0); err != nil {
			return err
		}
	}
	return nil
}

// ticketed gives the arguments' JSON with the ticket in the strings that stand for the call's
// channels.
func (c *collector) ticketed(rest []byte, ticket string) []byte {
	marker := []byte(`"` + channelPrefix)
	out := make([]byte, 0, len(rest)+len(c.passed)*(len(ticket)+1))
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
			out = append(append(append(out, rest[:end]...), ':'), ticket...)
		} else {
			out = append(out, rest[:end]...)
		}
		rest = rest[end:]
	}
}

// names reports whether that is the number of one of the call's channels.
func (c *collector) names(number []byte) bool {
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

// announce tells the page once that Go has taken the lane, and how much it may send.
func (inv *invocation) announce(l *lane, window int64) error {
	l.mu.Lock()
	news := !l.announced || window > l.in.window.Load()
	if news {
		l.announced = true
		l.in.window.Store(window)
	}
	l.mu.Unlock()
	if !news {
		return nil
	}
	payload := twoWords(make([]byte, 0, 16), l.id, 0)
	return inv.s.control.send(inv.s.ctx, wire.Open, twoWords(payload, uint32(window), 0))
}
