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
	accept func(Target) bool // of EmitFilter, else nil
	asked  []answer          // of accept: it is asked once for each target
	more   map[Target]bool   // the answers beyond mostAsked; nil: there are none
	filter error             // accept has panicked
	sticky uint64            // number of a sticky event, else 0
	heard  int               // by how many windows and listeners it was taken

	// The payload. It is encoded when the first one wants it.
	value   any
	encoded bool
	failed  error // it can't be encoded
	binary  bool
	data    []byte // the emitter's, or in buf
	shared  *payload

	buf  []byte   // used again
	subs []uint32 // used again
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
	buf, subs, asked := m.buf[:0], m.subs[:0], m.asked[:0]
	if cap(buf) > largestKept {
		buf = nil
	}
	clear(asked[:cap(asked)])
	*m = message{buf: buf, subs: subs, asked: asked}
	messages.Put(m)
}

// reaches reports whether a listener registered for l hears the message. No lock is held: it may
// call accept.
func (m *message) reaches(l Target) bool {
	if m.accept == nil {
		return m.target.reaches(l)
	}
	if l == Any {
		return true
	}
	for _, a := range m.asked {
		if a.target == l {
			return a.yes
		}
	}
	if yes, asked := m.more[l]; asked {
		return yes
	}
	yes := m.ask(l)
	switch {
	case len(m.asked) < mostAsked:
		m.asked = append(m.asked, answer{l, yes})
	case m.more == nil:
		m.more = map[Target]bool{l: yes}
	default:
		m.more[l] = yes
	}
	return yes
}

// ask calls the filter. One that panics has not accepted, and fails the emit.
func (m *message) ask(l Target) (yes bool) {
	if f := appcode.Call(func() { yes = m.accept(l) }); f != nil {
		m.bus.log.Error("bus: a filter panicked", "event", m.name, "panic", f.Panic, "stack",
			f.Stack)
		m.filter = fmt.Errorf("%w: event %q: the filter %w", ErrTarget, m.name, f)
		return false
	}
	return yes
}

// names reports whether the message is for the window of that label, so that it is kept for a page
// to come.
func (m *message) names(label string) bool {
	if m.accept == nil {
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

// encode makes data, once.
func (m *message) encode() error {
	if m.encoded {
		return m.failed
	}
	m.encoded = true
	switch v := m.value.(type) {
	case []byte:
		m.binary, m.data = true, v
	case json.RawMessage:
		switch {
		case len(v) == 0:
			m.data = null
		case !utf8.Valid(v) || !json.Valid(v):
			m.failed = fmt.Errorf("%w: event %q: %w", ErrPayload, m.name, errNoJSON)
		default:
			m.data = v
		}
	default:
		data, err := encode(m.bus.opt.Codec, m.buf[:0], v)
		if err != nil {
			m.failed = fmt.Errorf("%w: event %q: %w", ErrPayload, m.name, err)
			break
		}
		m.buf, m.data = data, data
	}
	return m.failed
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
	if m.shared == nil {
		m.shared = &payload{m.name, m.binary, append(make([]byte, 0, len(m.data)), m.data...)}
	}
	return m.shared
}
