package bus

import (
	"encoding/json"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/transport"
)

// message is one emit on its way. It belongs to the emitter's goroutine and lives until the emit
// returns; what others keep of it is its payload, which share copies.
type message struct {
	bus    *Bus
	name   string
	target Target
	filter filter
	body   body
	sticky uint64   // number of a sticky event, else 0
	heard  int      // by how many windows and listeners it was taken
	subs   []uint32 // used again
}

// filter is that of EmitFilter. It is asked once for each target.
type filter struct {
	accept func(Target) bool // nil: there is none
	asked  []answer
	more   map[Target]bool // the answers beyond mostAsked; nil: there are none
	failed error           // accept has panicked
}

// body is a message's payload. It is encoded when the first one wants it.
type body struct {
	value   any
	encoded bool
	failed  error // it can't be encoded
	binary  bool
	data    []byte // the emitter's, or in buf
	shared  *payload
	buf     []byte // used again
}

type answer struct {
	target Target
	yes    bool
}

// mostAsked is how many answers are looked through. Pages choose how many targets there are.
const mostAsked = 16

var messages = sync.Pool{New: func() any { return new(message) }}

// largestKept is the largest buffer that is used again.
const largestKept = 64 << 10

// free makes the message ready for another emit.
func (m *message) free() {
	buf, subs, asked := m.body.buf[:0], m.subs[:0], m.filter.asked[:0]
	if cap(buf) > largestKept {
		buf = nil
	}
	clear(asked[:cap(asked)])
	*m = message{body: body{buf: buf}, subs: subs, filter: filter{asked: asked}}
	messages.Put(m)
}

// reaches reports whether a listener registered for l hears the message. No lock is held: it may
// call accept.
func (m *message) reaches(l Target) bool {
	if m.filter.accept == nil {
		return m.target.reaches(l)
	}
	if l == Any {
		return true
	}
	yes, known := m.filter.answered(l)
	if !known {
		yes = m.ask(l)
		m.filter.remember(l, yes)
	}
	return yes
}

// answered gives what the filter has said of a target.
func (f *filter) answered(l Target) (yes, known bool) {
	for _, a := range f.asked {
		if a.target == l {
			return a.yes, true
		}
	}
	yes, known = f.more[l]
	return yes, known
}

func (f *filter) remember(l Target, yes bool) {
	switch {
	case len(f.asked) < mostAsked:
		f.asked = append(f.asked, answer{l, yes})
	case f.more == nil:
		f.more = map[Target]bool{l: yes}
	default:
		f.more[l] = yes
	}
}

// ask calls the filter. One that panics has not accepted, and fails the emit.
func (m *message) ask(l Target) (yes bool) {
	if f := appcode.Call(func() { yes = m.filter.accept(l) }); f != nil {
		m.bus.log.Error("bus: a filter panicked", "event", m.name, "panic", f.Panic, "stack",
			f.Stack)
		m.filter.failed = fmt.Errorf("%w: event %q: the filter %w", ErrTarget, m.name, f)
		return false
	}
	return yes
}

// names reports whether the message is for the window of that label, so that it is kept for a page
// to come.
func (m *message) names(label string) bool {
	if m.filter.accept == nil {
		return m.target.Kind != KindApp && (m.target.Kind == KindAny || m.target.Label == label)
	}
	return len(m.accepted(label)) > 0
}

// accepted gives the window's targets that the filter accepts.
func (m *message) accepted(label string) []Target {
	var list []Target
	for _, t := range []Target{WebviewWindow(label), Window(label), Webview(label),
		AnyLabel(label)} {
		if m.reaches(t) {
			list = append(list, t)
		}
	}
	return list
}

// encode makes the body's data, once.
func (m *message) encode() error {
	b := &m.body
	if b.encoded {
		return b.failed
	}
	b.encoded = true
	switch v := b.value.(type) {
	case []byte:
		b.binary, b.data = true, v
	case json.RawMessage:
		switch {
		case len(v) == 0:
			b.data = null
		case !utf8.Valid(v) || !json.Valid(v):
			b.failed = fmt.Errorf("%w: event %q: %w", ErrPayload, m.name, errNoJSON)
		default:
			b.data = v
		}
	default:
		data, err := encode(m.bus.opt.Codec, b.buf[:0], v)
		if err != nil {
			b.failed = fmt.Errorf("%w: event %q: %w", ErrPayload, m.name, err)
			break
		}
		b.buf, b.data = data, data
	}
	return b.failed
}

// encode has a codec append v, and checks what it wrote. A panic is an error.
func encode(c transport.Codec, dst []byte, v any) (data []byte, err error) {
	returned := false
	defer appcode.Catch(&returned, func(f *appcode.Failure) { err = f })
	data, err = c.Append(dst, v)
	if _, checked := c.(transport.JSONCodec); !checked && err == nil && !appcode.IsJSON(data) {
		err = appcode.ErrNoJSON
	}
	returned = true
	return data, err
}

// null is what no payload is in JSON.
var null = []byte("null")

// share gives the payload in memory of its own. It is encoded already.
func (m *message) share() *payload {
	b := &m.body
	if b.shared == nil {
		b.shared = &payload{m.name, b.binary, append(make([]byte, 0, len(b.data)), b.data...)}
	}
	return b.shared
}
