package bus

import (
	"fmt"
	"sync"
)

// stickies are the last values of sticky events.
//
// mu is held while a sticky event is stored and delivered, and while a listener is registered and
// given what is stored. So a listener gets each value once, and the newest last:
//
//   - it registers before the event is stored: the event finds it, and what it is given at first is
//     older;
//   - it registers after the delivery: the event did not find it, and it is given the event.
//
// mu is taken before a page's mu and a listener's mu. No function of the app runs under it.
type stickies struct {
	mu     sync.Mutex
	byName map[string][]*sticky // in the order of their last emit
	n      int
	bytes  int
	last   uint64 // number of the last sticky emit
}

// sticky is the last value that was emitted to a target. Immutable.
type sticky struct {
	*payload
	target Target
	number uint64
}

// named gives the values of that name, the oldest first. The caller holds mu.
func (s *stickies) named(name string) []*sticky { return s.byName[name] }

// EmitSticky is EmitTo of an event that is also kept: a listener that is registered later, in Go or
// in a page, gets it when t reaches it. A later EmitSticky with that name and target replaces it,
// ClearSticky removes it. A label that no window has is no error: the window that comes gets the
// event. Errors are those of EmitTo but that; the event is kept when some had no room, too. Besides
// ErrSticky: nothing was emitted, nor kept.
func (b *Bus) EmitSticky(t Target, name string, payload any) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := t.check(); err != nil {
		return err
	}
	m := messages.Get().(*message)
	defer m.free()
	m.bus, m.target, m.name, m.body.value = b, t, name, payload
	if err := m.encode(); err != nil {
		return err
	}
	b.sticky.mu.Lock()
	defer b.sticky.mu.Unlock()
	if err := b.sticky.store(m, &b.opt); err != nil {
		return err
	}
	return b.deliver(noWait, m)
}

// store keeps a message as the last value of its target.
func (s *stickies) store(m *message, o *Options) error {
	old := s.find(m.target, m.name)
	n, bytes := s.n+1, s.bytes+len(m.body.data)
	if old != nil {
		n, bytes = n-1, bytes-len(old.data)
	}
	if n > o.Sticky || bytes > o.StickyBytes {
		return fmt.Errorf("%w: event %q would be the %d. of %d, with %d of %d bytes", ErrSticky,
			m.name, n, o.Sticky, bytes, o.StickyBytes)
	}
	if old != nil {
		s.remove(old)
	}
	s.last++
	m.sticky = s.last
	s.byName[m.name] = append(s.byName[m.name], &sticky{m.share(), m.target, s.last})
	s.n, s.bytes = n, bytes
	return nil
}

func (s *stickies) find(t Target, name string) *sticky {
	for _, v := range s.byName[name] {
		if v.target == t {
			return v
		}
	}
	return nil
}

func (s *stickies) remove(old *sticky) {
	list := s.byName[old.name]
	for i, v := range list {
		if v == old {
			list = append(list[:i], list[i+1:]...)
			break
		}
	}
	s.n--
	s.bytes -= len(old.data)
	if s.byName[old.name] = list; len(list) == 0 {
		delete(s.byName, old.name)
	}
}

// ClearSticky removes what EmitSticky keeps for that target and name, and reports whether there was
// something. Who has it already is not told.
func (b *Bus) ClearSticky(t Target, name string) bool {
	b.sticky.mu.Lock()
	defer b.sticky.mu.Unlock()
	old := b.sticky.find(t, name)
	if old != nil {
		b.sticky.remove(old)
	}
	return old != nil
}
