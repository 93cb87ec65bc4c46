package bus

import "sync/atomic"

// Stats are a bus's figures.
type Stats struct {
	// Emits counts events of Go and of pages whose name was good; Unheard those that nobody took,
	// and those kept for a page in which nobody listened.
	Emits   uint64 `json:"emits"`
	Unheard uint64 `json:"unheard"`
	// Delivered counts events that listeners in Go took; Overflows those that their queues had no
	// room for.
	Delivered uint64 `json:"delivered"`
	Overflows uint64 `json:"overflows"`
	// Listeners are those in Go, Sticky the sticky events that are kept.
	Listeners int `json:"listeners"`
	Sticky    int `json:"sticky"`
	// Windows are in the order of their opening.
	Windows []WindowStats `json:"windows"`
}

// WindowStats are the figures of one window.
type WindowStats struct {
	Label string `json:"label"`
	// Ready says that its page is ready, and has got what was kept for it.
	Ready bool `json:"ready"`
	// Subscriptions are its page's.
	Subscriptions int `json:"subscriptions"`
	// Kept and KeptBytes are the events and scripts that wait for its page.
	Kept      int `json:"kept"`
	KeptBytes int `json:"keptBytes"`
	// Delivered counts events that lane 0 took, Refused those that had no room or could not be
	// sent.
	Delivered uint64 `json:"delivered"`
	Refused   uint64 `json:"refused"`
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
