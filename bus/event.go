package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"unicode"
	"unicode/utf8"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/transport"
)

// ID is the number of a listener in Go, unique in its bus. No listener has 0.
type ID uint32

// Event is what a listener in Go gets. Exactly one of Payload and Binary is not nil. Both are
// shared between listeners: don't change them. They may be kept.
type Event struct {
	ID      ID // of the listener, for Unlisten
	Name    string
	Payload json.RawMessage // valid JSON in UTF-8
	Binary  []byte

	bus *Bus // nil for events that were made elsewhere
}

// Decode stores the payload in *v, by the bus's codec. A *[]byte takes a binary payload, and only
// that.
func (e Event) Decode(v any) error {
	if b, ok := v.(*[]byte); ok {
		if e.Binary == nil {
			return fmt.Errorf("bus: event %q has a JSON payload, not bytes", e.Name)
		}
		*b = e.Binary
		return nil
	}
	if e.Binary != nil {
		return fmt.Errorf("bus: event %q has a binary payload, which does not decode into %T",
			e.Name, v)
	}
	var codec transport.Codec = transport.JSONCodec{}
	if e.bus != nil {
		codec = e.bus.opt.Codec
	}
	var err error
	if f := appcode.Call(func() { err = codec.Decode(e.Payload, v) }); f != nil {
		err = f
	}
	if err != nil {
		return fmt.Errorf("bus: failed to decode the payload of event %q: %w", e.Name, err)
	}
	return nil
}

func (e Event) log() *slog.Logger {
	if e.bus != nil {
		return e.bus.log
	}
	return slog.Default()
}

// payload is an event's name and payload in memory of their own, shared by all who keep them.
// Immutable.
type payload struct {
	name   string
	binary bool
	data   []byte // not nil
}

// overhead is counted for a payload that is kept or queued, besides its name and data.
const overhead = 64

// size is what a payload counts for in a backlog or queue.
func (p *payload) size() int { return overhead + len(p.name) + len(p.data) }

func (p *payload) event(b *Bus, id ID) Event {
	if p.binary {
		return Event{ID: id, Name: p.name, Binary: p.data, bus: b}
	}
	return Event{ID: id, Name: p.name, Payload: p.data, bus: b}
}

var errNoJSON = errors.New("it is no valid JSON in UTF-8")

// maxName bounds names of events and labels, in bytes: a page chooses them, and Go keeps them. It
// is far more than any name that people write.
const maxName = 1024

// checkName refuses what is no event name.
func checkName(name string) error { return check(name, ErrName) }

// checkLabel refuses what is no window's label.
func checkLabel(label string) error { return check(label, ErrLabel) }

// check applies the rule for names and labels: Unicode letters and digits, and - / : _.
func check(s string, refused error) error {
	if s == "" {
		return fmt.Errorf("%w: it is empty", refused)
	}
	if len(s) > maxName {
		return fmt.Errorf("%w: %d bytes are more than %d", refused, len(s), maxName)
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || !plain[c] {
			return checkRunes(s, i, refused)
		}
	}
	return nil
}

// plain are the ASCII characters of names.
var plain = func() (set [utf8.RuneSelf]bool) {
	for c := range set {
		set[c] = allowed(rune(c))
	}
	return set
}()

func checkRunes(s string, from int, refused error) error {
	for _, r := range s[from:] { // a byte that is no UTF-8 gives U+FFFD, which is no letter
		if !allowed(r) {
			return fmt.Errorf("%w: %.80q has %q", refused, s, r)
		}
	}
	return nil
}

func allowed(r rune) bool {
	switch r {
	case '-', '/', ':', '_':
		return true
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}
