package history

import (
	"context"
	"slices"

	"github.com/tailrace-go/tailrace/internal/contexts"
)

// appender is an Appender. Its fields are guarded by its Memory's mu.
type appender struct {
	m      *Memory
	closed bool
	count  int // of its calls that wait
}

// waiting is an Append that waits. Who makes room adds its message for it, so that the order of
// calls is that of the messages.
type waiting struct {
	of      *appender
	message []byte
	// done has capacity one: the result. Who puts it there takes the call out of the queue.
	done     chan error
	sequence uint64 // set before done
}

// Appender implements Local.
func (m *Memory) Appender() Appender { return &appender{m: m} }

// Append implements Store. It keeps the order of calls, and calls placed only by returning.
func (m *Memory) Append(ctx context.Context, message []byte, _ func()) (uint64, error) {
	return m.own.append(contexts.OrBackground(ctx), message)
}

// Append implements Appender.
func (a *appender) Append(ctx context.Context, message []byte) error {
	ctx = contexts.OrBackground(ctx)
	over := ctx.Done() // now: it is the app's, and may panic
	m := a.m
	m.mu.Lock()
	// What is usual first, in one go.
	if !a.closed && len(m.waiting) == 0 && m.kept.has(len(message)) {
		m.kept.put(message)
		watchers := m.watchers
		m.mu.Unlock()
		tell(watchers)
		return nil
	}
	_, err := a.wait(ctx, over, message)
	return err
}

func (a *appender) append(ctx context.Context, message []byte) (uint64, error) {
	over := ctx.Done()
	a.m.mu.Lock()
	return a.wait(ctx, over, message)
}

// wait adds a message when it can be. The lock is held, and released.
func (a *appender) wait(
	ctx context.Context, over <-chan struct{}, message []byte,
) (uint64, error) {
	m := a.m
	sequence, err := a.try(message)
	if err == nil {
		m.changed()
		return sequence, nil
	}
	if err != ErrFull {
		m.mu.Unlock()
		return 0, err
	}
	w := &waiting{of: a, message: message, done: make(chan error, 1)}
	m.waiting = append(m.waiting, w)
	a.count++
	m.mu.Unlock()
	select {
	case err := <-w.done:
		return w.sequence, err
	case <-over:
	}
	if m.giveUp(w) {
		return 0, context.Cause(ctx)
	}
	return w.sequence, <-w.done
}

// TryAppend implements Appender.
func (a *appender) TryAppend(message []byte) error {
	a.m.mu.Lock()
	if _, err := a.try(message); err != nil {
		a.m.mu.Unlock()
		return err
	}
	a.m.changed()
	return nil
}

// try adds a message if that can be now.
func (a *appender) try(message []byte) (uint64, error) {
	m := a.m
	switch {
	case len(message) > m.kept.limit/4:
		return 0, ErrTooLarge
	case a.closed:
		return 0, ErrClosed
	case len(m.waiting) > 0:
		return 0, ErrFull
	case m.kept.has(len(message)):
		m.kept.put(message)
	case !m.kept.add(message, m.floor()):
		return 0, ErrFull
	}
	return m.kept.next - 1, nil
}

// giveUp takes back a call that waits, unless it has its result.
func (m *Memory) giveUp(w *waiting) bool {
	m.mu.Lock()
	i := slices.Index(m.waiting, w)
	if i >= 0 {
		m.waiting = slices.Delete(m.waiting, i, i+1)
		w.of.count--
	}
	m.letGo() // who is next may need less
	return i >= 0
}

// grant adds the messages of those who wait, as far as there is room. It reports whether it added
// any.
func (m *Memory) grant() (added bool) {
	if len(m.waiting) == 0 {
		return false
	}
	for floor := m.floor(); len(m.waiting) > 0; added = true {
		w := m.waiting[0]
		if !m.kept.add(w.message, floor) {
			return added
		}
		w.sequence = m.kept.next - 1
		m.waiting[0] = nil
		m.waiting = m.waiting[1:]
		w.of.count--
		w.done <- nil
	}
	m.waiting = nil
	return added
}

// Waiting implements Appender.
func (a *appender) Waiting() int {
	a.m.mu.Lock()
	defer a.m.mu.Unlock()
	return a.count
}

// Close implements Appender.
func (a *appender) Close() {
	a.m.mu.Lock()
	a.closed, a.count = true, 0
	a.m.waiting = slices.DeleteFunc(a.m.waiting, func(w *waiting) bool {
		if w.of == a {
			w.done <- ErrClosed
		}
		return w.of == a
	})
	a.m.letGo() // who is next may need less
}
