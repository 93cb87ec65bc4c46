package history

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/tailrace-go/tailrace/internal/appcode"
)

// Memory keeps the newest messages in the memory of this process, compressed, within a number of
// bytes. It is what a resumable channel has by default. Its sequences have no gaps, and begin at 1.
//
// Several channels may share one. It ends when nothing refers to it any more.
type Memory struct {
	epoch uint64

	mu       sync.Mutex
	kept     blocks
	holds    []*hold
	waiting  []*waiting // in the order of their calls
	watchers []watcher  // never changed, but replaced
	own      appender   // of calls of the Memory's own Append
}

var (
	_ Local  = (*Memory)(nil)
	_ Holder = (*Memory)(nil)
)

// The bounds of NewMemory, in bytes.
const (
	MinMemory = 4 * BlockBytes
	MaxMemory = 1 << 30
)

// NewMemory makes an empty store for as many messages as fit, compressed, into limit bytes: blocks
// with what they cost beside their bytes, and the block of 64 KiB that is being filled. limit is
// MinMemory to MaxMemory. A message may have a fourth of it.
func NewMemory(limit int) (*Memory, error) {
	if limit < MinMemory || limit > MaxMemory {
		return nil, fmt.Errorf("history: a Memory of %d bytes, must be %d to %d", limit, MinMemory,
			MaxMemory)
	}
	m := &Memory{epoch: 1 + rand.Uint64N(MaxEpoch), kept: newBlocks(limit)}
	m.own.m = m
	return m, nil
}

// Read implements Store. It neither waits nor fails for other reasons than those of Store.
func (m *Memory) Read(_ context.Context, epoch, from uint64, b *Block) error {
	if epoch != m.epoch {
		return ErrEpoch
	}
	m.mu.Lock()
	h := &m.kept
	if oldest := h.oldest(); from < oldest {
		m.mu.Unlock()
		return &TrimmedError{oldest}
	}
	if from >= h.next {
		m.mu.Unlock()
		return nil
	}
	if from < h.first {
		s := h.find(from)
		m.mu.Unlock() // what is costly needs no lock
		records, err := s.unpack(b)
		if err != nil {
			return err
		}
		b.pos = b.begin(m, s.first, from)
		b.data = records
	} else {
		at := b.begin(m, h.first, from)
		b.data = append(b.room(BlockBytes), h.open[at:]...)
		m.mu.Unlock()
	}
	for b.next < from {
		b.Next()
	}
	return nil
}

// begin says where in the run of messages that begins with the sequence first to read on: where the
// sequence from stands, if that is known, else at its beginning.
func (b *Block) begin(m *Memory, first, from uint64) int {
	if b.of != m || b.first != first || b.next != from {
		b.of, b.first, b.next, b.at = m, first, first, 0
	}
	return b.at
}

// State implements Store.
func (m *Memory) State(context.Context) (State, error) { return m.Now(), nil }

// Now implements Local.
func (m *Memory) Now() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := &m.kept
	return State{
		Epoch: m.epoch, Oldest: h.oldest(), Newest: h.next - 1, RawBytes: h.raw + len(h.open),
		Bytes: h.size(), Limit: h.limit, MaxMessage: h.limit / 4,
	}
}

// Clear drops all messages, also those that are held. The next message has the next sequence.
func (m *Memory) Clear() {
	m.mu.Lock()
	defer m.changed()
	m.kept.clear()
	m.grant()
}

// watcher is a notify, and which one it is.
type watcher struct {
	notify func()
	key    *int
}

// Watch implements Store. A panic of notify ends there, and the others are told. A nil notify
// watches nothing.
func (m *Memory) Watch(notify func()) (stop func()) {
	if notify == nil {
		return func() {}
	}
	key := new(int)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watchers = append(slices.Clip(m.watchers), watcher{notify, key})
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		others := slices.Clone(m.watchers)
		m.watchers = slices.DeleteFunc(others, func(w watcher) bool { return w.key == key })
	}
}

// changed unlocks, and tells who watches.
func (m *Memory) changed() {
	watchers := m.watchers
	m.mu.Unlock()
	tell(watchers)
}

// tell calls them all, whatever the app's do: one may panic, or end the goroutine.
func tell(watchers []watcher) {
	if len(watchers) == 1 { // a channel's own: each of its Sends comes here
		tellOne(watchers[0].notify)
		return
	}
	told, returned := 0, false
	defer appcode.Catch(&returned, func(*appcode.Failure) { tell(watchers[told:]) })
	for told < len(watchers) {
		told++
		watchers[told-1].notify()
	}
	returned = true
}

func tellOne(notify func()) {
	returned := false
	defer appcode.Catch(&returned, nil)
	notify()
	returned = true
}

// hold is a Hold, guarded by its Memory's mu.
type hold struct {
	m     *Memory
	after uint64
}

// Hold implements Holder. It neither waits nor fails.
func (m *Memory) Hold(_ context.Context, after uint64) (Hold, error) {
	h := &hold{m, after}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.holds = append(m.holds, h)
	return h, nil
}

// Move implements Hold.
func (h *hold) Move(after uint64) {
	h.m.mu.Lock()
	if after <= h.after {
		h.m.mu.Unlock()
		return
	}
	h.after = after
	h.m.letGo()
}

// Release implements Hold.
func (h *hold) Release() {
	h.m.mu.Lock()
	h.after = everything
	h.m.holds = slices.DeleteFunc(h.m.holds, func(o *hold) bool { return o == h })
	h.m.letGo()
}

// letGo unlocks after a hold has let go of messages.
func (m *Memory) letGo() {
	if m.grant() {
		m.changed()
		return
	}
	m.mu.Unlock()
}

// floor is the last sequence that may be dropped.
func (m *Memory) floor() uint64 {
	floor := uint64(everything)
	for _, h := range m.holds {
		floor = min(floor, h.after)
	}
	return floor
}
