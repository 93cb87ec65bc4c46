package transport

import (
	"context"
	"fmt"
	"math/bits"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"
	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/ring"
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

// A lane's ring begins small and grows when it is full, up to ringSize: ten thousand short channels
// must not cost a full ring each. Growing closes the ring and begins another, whose positions go on
// where the old one's end, so that a position means the same for the lane as before. Senders that
// find the ring closed take the new one; the drainer comes to it when the old one is drained; the
// old memory goes when its last byte has its receipt.
//
// Rejected: copying the content over, which needs every sender to stand still; a pool of rings,
// which would show one window's old bytes, as padding, to another.
const (
	firstRing = 64 << 10
	growth    = 8
)

// laneRing is one of a lane's rings, with its memory.
type laneRing struct {
	*ring.Ring
	memory []byte
}

// ringCost is a ring's memory with its stamps (8 bytes a unit).
func ringCost(size int) int64 { return int64(size) + int64(size/ring.Unit)*8 }

// grant takes a ring's memory from the session's total.
func (s *Session) grant(want int) (int, error) {
	size, ok := s.budget.TakeRing(want, minRing, ringCost)
	if !ok {
		return 0, ErrMemory
	}
	return size, nil
}

// open returns the ring that senders use, which it makes on first use.
func (l *lane) open() (*ring.Ring, error) {
	if r := l.out.ring.Load(); r != nil {
		return r, nil
	}
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	if r := l.out.ring.Load(); r != nil {
		return r, nil
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	first := l.out.ringSize
	if l.id != 0 {
		first = min(first, firstRing)
	}
	size, err := l.s.grant(first)
	if err != nil {
		return nil, err
	}
	memory, err := l.alloc(size)
	if err != nil {
		return nil, err
	}
	return l.add(memory, 0), nil
}

// grow puts a larger ring in the place of r, of at least want bytes if it may be so large. It
// reports whether senders should look again. What ends the lane holds mu, too, so that none ends it
// between.
func (l *lane) grow(r *ring.Ring, want int) bool {
	if r.Cap() >= l.out.ringSize {
		return false
	}
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	if l.out.ring.Load() != r || l.err() != nil {
		return true
	}
	want = min(max(want, r.Cap()*growth), l.out.ringSize)
	size, err := l.s.grant(want)
	if err != nil {
		return false
	}
	if size <= r.Cap() {
		l.s.budget.Give(budget.Rings, ringCost(size))
		return false
	}
	memory, err := l.alloc(size)
	if err != nil {
		return false // the old ring goes on
	}
	r.Close() // its tail is final from here on
	l.add(memory, r.Tail())
	l.s.push(l)
	return true
}

// alloc gets the memory of a ring whose cost was granted.
func (l *lane) alloc(size int) ([]byte, error) {
	memory, err := l.s.carrier.Alloc(size)
	if err != nil {
		l.s.budget.Give(budget.Rings, ringCost(size))
		return nil, fmt.Errorf("transport: no memory for a ring of %d bytes: %w", size, err)
	}
	return memory, nil
}

// add makes a ring of what alloc gave. The caller holds mu.
func (l *lane) add(memory []byte, start uint64) *ring.Ring {
	size := len(memory)
	o := ring.Options{Doorbell: func() { l.s.push(l) }, Headroom: 8, Start: start}
	if l.id == 0 {
		o.LowReserve = size / eventReserve
	}
	r, err := ring.New(memory, o)
	if err != nil {
		panic(err) // a power of two, and a position of a ring: cannot fail
	}
	r.Park() // no drainer looks at it yet: the first commit rings
	l.state.rings = append(l.state.rings, laneRing{r, memory})
	l.out.ring.Store(r)
	return r
}

// reopened waits for whoever closes the ring, and says why no other takes its place, if none does.
func (l *lane) reopened() error {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return l.err()
}

// current is the ring that the drainer is at: the oldest that is not drained yet, or the newest.
// Nil: there is none. Only the drainer calls it.
func (l *lane) current() *ring.Ring {
	if l.drain.at != nil && !l.drain.at.Drained() {
		return l.drain.at
	}
	newest := l.out.ring.Load()
	if l.drain.at == newest {
		return newest
	}
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	if len(l.state.rings) == 0 {
		l.drain.at = nil // all is over
		return nil
	}
	for i, r := range l.state.rings {
		if r.Ring == l.drain.at && i+1 < len(l.state.rings) {
			l.drain.at = l.state.rings[i+1].Ring
			return l.drain.at
		}
	}
	l.drain.at = l.state.rings[0].Ring // the one before is gone
	return l.drain.at
}

// exhausted reports whether the drainer has drained everything and nothing can come.
// Only the drainer calls it.
func (l *lane) exhausted() bool {
	r := l.current()
	return r == nil || r == l.out.ring.Load() && r.Drained()
}

// release gives the space up to pos back: to the senders, and with a ring that is over, to the
// carrier. The caller holds the lock of the session's receipts.
func (l *lane) release(pos uint64) {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	for len(l.state.rings) > 1 && l.state.rings[0].Drained() &&
		int64(pos-l.state.rings[0].Tail()) >= 0 {
		l.free(l.state.rings[0])
		l.state.rings = append(l.state.rings[:0:0], l.state.rings[1:]...)
	}
	if len(l.state.rings) > 0 {
		l.state.rings[0].Release(pos)
	}
}

// freeRings returns all rings. They are closed and drained, and no carrier reads them. Senders find
// a closed one that has only the position: whoever keeps a channel that has ended keeps no ring.
func (l *lane) freeRings() {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	if len(l.state.rings) == 0 {
		return
	}
	for _, r := range l.state.rings {
		l.free(r)
	}
	l.state.rings = nil
	start := l.out.ring.Load().Tail()
	end, err := ring.New(make([]byte, ring.MinCapacity), ring.Options{Start: start})
	if err != nil {
		panic(err) // a power of two, and a position of a ring: cannot fail
	}
	end.Close()
	l.out.ring.Store(end)
}

func (l *lane) free(r laneRing) {
	l.s.budget.Give(budget.Rings, ringCost(r.Cap()))
	l.s.carrier.Free(r.memory)
}

// sizeFor is the ring in which a message of n bytes goes as one frame.
func sizeFor(n int) int { return 1 << bits.Len(uint(8*(n+16)-1)) }

// sizeToTry is the ring in which a message of n bytes can be accepted at once: sendFragments.
func sizeToTry(n int) int { return 1 << bits.Len(uint(2*n-1)) }

// freeRings gives the rings' memory back to the carrier. The session has ended. Every claim
// before the close bit is committed first: the drainer walks to the final tail.
func (s *Session) freeRings() {
	e := context.Cause(s.ctx).(*ClosedError)
	free := func(_ uint32, l *lane) bool {
		l.finish(e, false) // End may not have come to it yet: from here on it makes no ring
		for l.discard(); !l.exhausted(); l.discard() {
			l.listed.Store(false)
			if l.current().Park() {
				<-s.down.bell
			}
		}
		s.down.receipts.mu.Lock() // a receipt may be on its way
		defer s.down.receipts.mu.Unlock()
		l.freeRings()
		l.drain.at = nil
		return true
	}
	free(0, s.lanes.control)
	s.lanes.open.Range(free)
}
