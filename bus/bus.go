package bus

import (
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"
	"github.com/tailrace-go/tailrace/transport"
)

// Bus connects emitters and listeners of one app. The package's comment has the contract.
type Bus struct {
	opt     Options
	log     *slog.Logger
	full    atomic.Int64 // when full queues may be logged again
	maxKept int          // the largest size of an entry that a session could take
	// maxFromPage is about the largest payload that a page's emit gets into a window: an emit that
	// does not wait needs half of lane 0 for it.
	maxFromPage int

	names    *xsync.MapOf[string, []*listener] // the listeners in Go; the slices are immutable
	ids      *xsync.MapOf[ID, *listener]
	lastID   ID // guarded by sticky.mu
	sessions *xsync.MapOf[*transport.Session, *Page]

	mu    sync.Mutex              // of who replaces pages
	pages atomic.Pointer[[]*Page] // in the order of opening; immutable

	sticky  stickies
	figures figures
}

// New makes a bus for the sessions of e, and registers the commands of pages (CommandListen and
// the others) there. One bus an engine. Errors: an option out of its range, a nil engine.
func New(e *transport.Engine, o Options) (*Bus, error) {
	if e == nil {
		return nil, errors.New("bus: the engine is nil")
	}
	o, err := o.withDefaults(e)
	if err != nil {
		return nil, err
	}
	b := &Bus{
		opt:     o,
		log:     o.Logger,
		maxKept: e.Options().MaxMessage,

		maxFromPage: min(e.Options().MaxMessage, e.Options().ControlBytes/2),

		names:    xsync.NewMapOf[string, []*listener](),
		ids:      xsync.NewMapOf[ID, *listener](),
		sessions: xsync.NewMapOf[*transport.Session, *Page](),
		sticky:   stickies{byName: make(map[string][]*sticky)},
	}
	b.pages.Store(new([]*Page))
	b.register(e)
	return b, nil
}

// page finds the newest window of that label.
func (b *Bus) page(label string) *Page {
	pages := *b.pages.Load()
	for i := len(pages) - 1; i >= 0; i-- {
		if pages[i].label == label {
			return pages[i]
		}
	}
	return nil
}

// Listening reports whether the page of that window listens to an event of the window: a page that
// listens to tauri://close-requested is asked before its window closes.
func (b *Bus) Listening(label, name string) bool {
	p := b.page(label)
	if p == nil {
		return false
	}
	c, _ := p.state()
	if c == nil {
		return false
	}
	a, ok := c.subs.Load(name)
	if !ok {
		return false
	}
	for i, t := range a.targets {
		if a.sub(i) == 0 {
			continue
		}
		if Window(label).reaches(t) || WebviewWindow(label).reaches(t) {
			return true
		}
	}
	return false
}

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
		Label: p.label, Ready: at == live, Kept: p.backlog.len(), KeptBytes: p.backlog.bytes,
		Delivered: p.delivered.Load(), Refused: p.refused.Load(),
	}
	if c != nil {
		st.Subscriptions = len(c.numbers)
	}
	return st
}
