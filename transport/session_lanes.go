package transport

import (
	"context"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"
	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
)

// laneTable has the lanes of a session. Any goroutine may look a lane up; the counts are atomic.
type laneTable struct {
	control *lane                       // lane 0, set when the session opens
	open    *xsync.MapOf[uint32, *lane] // all but lane 0
	opened  atomic.Uint64               // how many so far
	fromGo  atomic.Uint32               // the number of the last one that Go has opened

	// Those that are open, by their purpose: the page's channels, its raw bodies, Go's raw results.
	channels, uploads, downloads atomic.Int64

	mu   ranked.Mutex[ranked.Lanes] // held from when a lane is forgotten until it is in the sums
	gone Totals                     // sums of the lanes that are gone
}

// lane finds a lane.
func (s *Session) lane(id uint32) *lane {
	if id == 0 {
		return s.lanes.control
	}
	l, _ := s.lanes.open.Load(id)
	return l
}

// known reports whether that lane was ever opened; caller holds up.mu.
func (s *Session) known(id uint32) bool {
	if id%2 == 1 {
		return id <= s.up.lanes
	}
	return id <= s.lanes.fromGo.Load()
}

// enter makes a lane known, counted by its purpose. It has ended already when the session has.
func (s *Session) enter(l *lane, count *atomic.Int64) *lane {
	l.count = count
	count.Add(1)
	s.budget.Add(budget.Lanes, laneCost)
	s.lanes.open.Store(l.id, l)
	s.lanes.opened.Add(1)
	// the walks of End and of the drainer may have passed already
	if err := s.ctx.Err(); err != nil {
		l.finish(context.Cause(s.ctx).(*ClosedError), false)
		s.forget(l)
	}
	return l
}

// drop forgets a lane whose close was seen in both directions.
func (s *Session) drop(l *lane) {
	l.state.mu.Lock()
	gone := l.state.received.closed && l.in.ended.Load()
	l.state.mu.Unlock()
	if gone {
		s.forget(l)
	}
}

// forget takes a lane out of the figures, but for the sums, and gives back its memory. It has
// ended, and no carrier reads its rings. Only the first call counts.
func (s *Session) forget(l *lane) {
	s.lanes.mu.Lock()
	_, ok := s.lanes.open.LoadAndDelete(l.id)
	if ok {
		st := l.stats()
		t := totalsOf(&st).ended()
		s.lanes.gone.add(&t)
	}
	s.lanes.mu.Unlock()
	if ok {
		l.count.Add(-1)
		s.budget.Give(budget.Lanes, laneCost)
		l.forgetUnread()
		l.freeRings()
		s.push(l) // the drainer lets its ring go
	}
}
