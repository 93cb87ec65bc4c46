package bus

import "sync/atomic"

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
