package bus

import "sync/atomic"

// Stats are a bus's figures.
type Stats struct {
	// Emits counts events of Go and of pages whose name was good; Unheard those that nobody took, and
	// those kept for a page in which nobody listened.
	Emits, Unheard uint64
	// Delivered counts events that listeners in Go took; Overflows those that their queues had no room for.
	Delivered, Overflows uint64
	// Listeners are those in Go, Sticky the sticky events that are kept.
	Listeners, Sticky int
	// Windows are in the order of their opening.
	Windows []WindowStats
}

// WindowStats are the figures of one window.
type WindowStats struct {
	Label string
	// Ready says that its page is ready, and has got what was kept for it.
	Ready bool
	// Subscriptions are its page's.
	Subscriptions int
	// Kept and KeptBytes are the events and scripts that wait for its page.
	Kept, KeptBytes int
	// Delivered counts events that lane 0 took, Refused those that had no room or could not be sent.
	Delivered, Refused uint64
}

type figures struct {
	emits, unheard, delivered, overflows atomic.Uint64
}

// Stats returns the bus's figures.
func (b *Bus) Stats() Stats {
	st := Stats{
		Emits: b.figures.emits.Load(), Unheard: b.figures.unheard.Load(),
		Delivered: b.figures.delivered.Load(), Overflows: b.figures.overflows.Load(),
		Listeners: b.ids.Size(),
	}
	b.sticky.mu.Lock()
	st.Sticky = b.sticky.n
	b.sticky.mu.Unlock()
	for _, p := range *b.pages.Load() {
		st.Windows = append(st.Windows, p.stats())
	}
	return st
}

func (p *Page) stats() WindowStats {
	c, at := p.state()
	p.mu.Lock()
	defer p.mu.Unlock()
	st := WindowStats{
		Label: p.label, Ready: at == live, Kept: p.waiting(), KeptBytes: p.bytes,
		Delivered: p.delivered.Load(), Refused: p.refused.Load(),
	}
	if c != nil {
		st.Subscriptions = len(c.numbers)
	}
	return st
}
