package transport

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// budget is the memory that a session holds for its page, and what the page makes it hold, by what
// holds it. Whatever holds bytes whose number the page or the app decides goes through here; what
// has another bound stands in docs/limits.md. Any goroutine may call its methods, under any lock of
// ours.
//
// What the app makes the session hold is refused, or waits, when Options.SessionBytes are held.
// What the page makes it hold ends the session then, but a quarter of the total is the page's
// whatever the rest takes: so at most a quarter more is held. Results and scripts never wait for
// what is not of their kind: one of any size passes when no other is held.
type budget struct {
	limit int64
	used  atomic.Int64
	// but for heldMessages, which is the rest: its path should have one counter
	kinds [holderKinds]atomic.Int64

	waiting atomic.Int32 // those in lines, and those that look before they join one
	blocked atomic.Int32 // those of them that want bytes for a result
	mu      sync.Mutex
	lines   [holderKinds]line // results and scripts alone wait: none for what is not of its kind
}

// line is those of one kind who wait for room, in order.
type line struct {
	rooms   fifo[*room]
	backlog int64 // what they hold meanwhile
}

// holder is a kind of what a session holds.
type holder uint8

const (
	heldMessages  holder = iota // of the page, which Go has not taken
	heldRings                   // with their stamps
	heldLanes                   // what each takes beside its ring
	heldFragments               // the parts that have come of messages
	heldEarly                   // batches that came before their turn
	heldRequests                // that wait to be taken apart
	heldCommands                // names, headers and bodies of commands that run or wait
	heldResults                 // that wait for lane 0, or have a lane of their own and no receipt
	heldLatest                  // values of channels with Latest, until their receipt
	heldScripts                 // sources of evals that the page may ask for
	heldReaders                 // what readers of resumable channels have decoded
	holderKinds
)

// What a lane and a command that runs or waits take beside what else is counted of them, in bytes.
// A command's goroutine is not in it.
const (
	laneCost    = 1408
	commandCost = 1024
)

// room is one who waits.
type room struct {
	kind holder
	n    int64
	ch   chan struct{} // closed when it has got what it waits for
}

// add counts n bytes, whether there is room or not. With fewer than none it lets those in who
// waited for them.
func (b *budget) add(h holder, n int64) {
	if h != heldMessages {
		b.kinds[h].Add(n)
	}
	b.used.Add(n)
	if n < 0 && b.waiting.Load() > 0 {
		b.wake()
	}
}

// give takes n bytes back.
func (b *budget) give(h holder, n int64) { b.add(h, -n) }

// take counts n bytes if there is room for them.
func (b *budget) take(h holder, n int64) bool {
	for {
		used := b.used.Load()
		if used+n > b.limit && n > 0 {
			return false
		}
		if b.used.CompareAndSwap(used, used+n) {
			if h != heldMessages {
				b.kinds[h].Add(n)
			}
			return true
		}
	}
}

// takeAny is take, but one of any size passes when no other of its kind is held.
func (b *budget) takeAny(h holder, n int64) bool {
	return b.take(h, n) || b.kinds[h].CompareAndSwap(0, n) && b.used.Add(n) != 0
}

// fromPage counts n bytes that the page makes Go hold. The error ends the session.
func (b *budget) fromPage(h holder, n int64) error {
	b.add(h, n)
	return b.check()
}

// check says whether the page makes Go hold too much.
func (b *budget) check() error {
	used := b.used.Load()
	if used <= b.limit || used-b.goes() <= b.limit/4 {
		return nil
	}
	return wire.Broken("what the page has sent and Go not taken exceeds the session's %d bytes: "+
		"raise Options.SessionBytes, or read faster", b.limit)
}

// goes is what is held by what Go does.
func (b *budget) goes() int64 {
	n := int64(0)
	for _, h := range [...]holder{heldRings, heldResults, heldLatest, heldScripts, heldReaders} {
		n += b.kinds[h].Load()
	}
	return n
}

// pass waits until no result waits for bytes.
func (b *budget) pass(ctx context.Context) error {
	for b.blocked.Load() > 0 { // again and again: who passes with others may fill what there is
		if err := b.wait(ctx, heldResults, 0); err != nil {
			return err
		}
	}
	return nil
}

// errBacklog is what finds that as much waits already as may be held.
var errBacklog = fmt.Errorf("%w, and as much waits for the page already", ErrMemory)

// wait is takeAny that waits for room until ctx ends. Those who wait hold what they wait with:
// beyond the limit it is errBacklog.
func (b *budget) wait(ctx context.Context, h holder, n int64) error {
	if b.waiting.Load() == 0 && b.takeAny(h, n) {
		return nil
	}
	r := &room{h, n, make(chan struct{})}
	b.join(r) // before it looks again: who gives bytes back after that sees it
	b.mu.Lock()
	if held := b.backlog(); n > 0 && held > 0 && held+n > b.limit {
		b.leave(r)
		b.mu.Unlock()
		return errBacklog
	}
	l := &b.lines[h]
	l.rooms.push(r)
	l.backlog += n
	b.grant(l)
	b.mu.Unlock()
	select {
	case <-r.ch:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-r.ch:
		return nil
	default:
	}
	l.rooms.deleteFunc(func(o *room) bool { return o == r })
	l.backlog -= n
	b.leave(r)
	b.grant(l) // who is next may need less
	return context.Cause(ctx)
}

func (b *budget) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.grant(&b.lines[heldResults])
	b.grant(&b.lines[heldScripts])
}

// grant lets those of a line in for whom there is room, in their order. The caller holds mu.
func (b *budget) grant(l *line) {
	for l.rooms.len() > 0 {
		r := *l.rooms.front()
		if !b.takeAny(r.kind, r.n) {
			return
		}
		l.rooms.pop()
		l.backlog -= r.n
		b.leave(r)
		close(r.ch)
	}
}

// join counts one who will wait.
func (b *budget) join(r *room) {
	b.waiting.Add(1)
	if r.kind == heldResults && r.n > 0 {
		b.blocked.Add(1)
	}
}

// leave counts one who waits no more.
func (b *budget) leave(r *room) {
	b.waiting.Add(-1)
	if r.kind == heldResults && r.n > 0 {
		b.blocked.Add(-1)
	}
}

// backlog is what all who wait hold. The caller holds mu.
func (b *budget) backlog() int64 {
	return b.lines[heldResults].backlog + b.lines[heldScripts].backlog
}
