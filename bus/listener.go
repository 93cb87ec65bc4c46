package bus

import (
	"context"
	"sync/atomic"
)

// Listener is where one can listen: an app, a window, or a bus at a target.
type Listener interface {
	// Listen registers fn for the events of that name.
	Listen(name string, fn func(Event)) (ID, error)
}

// At is the bus as a Listener for one target.
func (b *Bus) At(t Target) Listener { return place{b, t} }

type place struct {
	bus    *Bus
	target Target
}

func (p place) Listen(name string, fn func(Event)) (ID, error) {
	return p.bus.Listen(p.target, name, fn)
}

// The listeners in Go stand in a concurrent map from name to an immutable slice, in the order of
// registration, which Compute replaces. So an emit takes no lock, sees all listeners or none of a
// moment, and calls nothing while the map's bucket is locked.
//
// Rejected: a map per event, which has no order and must be iterated under its lock; one lock over
// all, which every emit would take.

// Listen registers fn for the events of that name that reach t. Errors: ErrName, ErrLabel,
// ErrTarget, ErrHandler.
//
// fn runs on a goroutine of the listener, one call at a time. Sticky events that reach t come
// first. A listener for a Window, Webview or WebviewWindow survives the window's reloads, and ends
// after it has handled what came before the window was closed.
func (b *Bus) Listen(t Target, name string, fn func(Event)) (ID, error) {
	return b.listen(t, name, false, fn)
}

// Once is Listen for one event: of all that are emitted, at the same time too, fn gets exactly one.
func (b *Bus) Once(t Target, name string, fn func(Event)) (ID, error) {
	return b.listen(t, name, true, fn)
}

// On is Listen with the payload decoded into a T, as Event.Decode does: a []byte takes binary
// payloads, a json.RawMessage any JSON. An event that does not decode is skipped; the 1st, 2nd,
// 4th, 8th, … of a listener is logged. Errors: Listen's, ErrHandler.
func On[T any](l Listener, name string, fn func(Event, T)) (ID, error) {
	if l == nil || fn == nil {
		return 0, ErrHandler
	}
	var skipped atomic.Uint64
	return l.Listen(name, func(e Event) {
		var v T
		if err := e.Decode(&v); err != nil {
			if n := skipped.Add(1); n&(n-1) == 0 {
				e.log().Warn("bus: an event was skipped", "event", e.Name, "error", err, "skipped",
					n)
			}
			return
		}
		fn(e, v)
	})
}

func (b *Bus) listen(t Target, name string, once bool, fn func(Event)) (ID, error) {
	if err := checkName(name); err != nil {
		return 0, err
	}
	if err := t.check(); err != nil {
		return 0, err
	}
	if fn == nil {
		return 0, ErrHandler
	}
	l := &listener{bus: b, name: name, target: t, once: once, fn: fn}
	b.sticky.mu.Lock()
	defer b.sticky.mu.Unlock()
	for taken := true; taken; {
		if b.lastID++; b.lastID != 0 {
			l.id = b.lastID
			_, taken = b.ids.LoadOrStore(l.id, l)
		}
	}
	// The sticky events are queued, whether there is room or not, before emitters find the
	// listener; it takes none before it is found.
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range b.sticky.named(name) {
		if s.target.reaches(t) && !l.fired {
			l.push(s.payload)
			b.figures.delivered.Add(1)
		}
	}
	if !l.fired {
		b.names.Compute(name, func(old []*listener, _ bool) ([]*listener, bool) {
			return append(old[:len(old):len(old)], l), false
		})
	}
	return l.id, nil
}

// Unlisten ends a listener at once, and reports whether there was one: what is queued for it is
// dropped. It may be called from the listener itself; elsewhere a call that is under way goes on.
func (b *Bus) Unlisten(id ID) bool {
	l, ok := b.ids.LoadAndDelete(id)
	if !ok {
		return false
	}
	l.end()
	b.unlink(l)
	return true
}

// unlink takes a listener out of the map.
func (b *Bus) unlink(l *listener) {
	b.names.Compute(l.name, func(old []*listener, _ bool) ([]*listener, bool) {
		rest := make([]*listener, 0, len(old))
		for _, o := range old {
			if o != l {
				rest = append(rest, o)
			}
		}
		return rest, len(rest) == 0
	})
}

// put gives an event to one listener. One that was made with Once leaves the map with it.
func (b *Bus) put(l *listener, p *payload) taken {
	got := l.put(p)
	if got == queued {
		b.figures.delivered.Add(1)
		if l.once {
			b.unlink(l)
		}
	}
	return got
}

// putContext gives an event to a listener, and waits for room.
func (b *Bus) putContext(ctx context.Context, l *listener, p *payload) error {
	for b.put(l, p) == refused {
		if err := l.wait(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// endListeners ends the listeners in Go of a window that is closed.
func (b *Bus) endListeners(label string) {
	b.sticky.mu.Lock() // no listener is half registered
	defer b.sticky.mu.Unlock()
	b.ids.Range(func(_ ID, l *listener) bool {
		switch l.target {
		case Window(label), Webview(label), WebviewWindow(label):
			b.unlink(l)
			l.finish()
		}
		return true
	})
}
