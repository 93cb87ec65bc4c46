// Package budget counts the memory that a session holds for its page, and what the page makes it
// hold, by what holds it. Whatever holds bytes whose number the page or the app decides goes
// through here; what has another bound stands in docs/limits.md.
//
// What the app makes the session hold is refused, or waits, when the limit is reached. What the
// page makes it hold ends the session then, but a quarter of the total is the page's whatever the
// rest takes: so at most a quarter more is held. Results and scripts never wait for what is not of
// their kind: one of any size passes when no other is held.
package budget

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/internal/fifo"
	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/internal/wire"
)

// Kind is a kind of what a session holds.
type Kind uint8

// The kinds.
const (
	Messages  Kind = iota // of the page, which Go has not taken
	Rings                 // with their stamps
	Lanes                 // what each takes beside its ring
	Fragments             // the parts that have come of messages
	Early                 // batches that came before their turn
	Requests              // that wait to be taken apart
	Commands              // names, headers and bodies of commands that run or wait
	Results               // that wait for lane 0, or have a lane of their own and no receipt
	Latest                // values of channels with Latest, until their receipt
	Scripts               // sources of evals that the page may ask for
	Readers               // what readers of resumable channels have decoded
	Kinds                 // how many kinds there are
)

// Errors of who finds no room.
var (
	ErrMemory = errors.New("transport: the session's memory is used up (Options.SessionBytes)")
	// ErrBacklog is what finds that as much waits already as may be held.
	ErrBacklog = fmt.Errorf("%w, and as much waits for the page already", ErrMemory)
)

// Budget is one session's. Any goroutine may call its methods, under any lock of ours.
type Budget struct {
	limit int64
	used  atomic.Int64
	// but for Messages, which is the rest: its path should have one counter
	kinds [Kinds]atomic.Int64

	waiting atomic.Int32 // those in lines, and those that look before they join one
	blocked atomic.Int32 // those of them that want bytes for a result
	mu      ranked.Mutex[ranked.Budget]
	lines   [Kinds]line // results and scripts alone wait: none for what is not of its kind
}

// line is those of one kind who wait for room, in order.
type line struct {
	rooms   fifo.Queue[*room]
	backlog int64 // what they hold meanwhile
}

// room is one who waits.
type room struct {
	kind Kind
	n    int64
	ch   chan struct{} // closed when it has got what it waits for
}

// Start sets the limit in bytes, before anything is counted.
func (b *Budget) Start(limit int64) { b.limit = limit }

// Used is how many bytes are held.
func (b *Budget) Used() int64 { return b.used.Load() }

// Add counts n bytes, whether there is room or not. With fewer than none it lets those in who
// waited for them.
func (b *Budget) Add(k Kind, n int64) {
	if k != Messages {
		b.kinds[k].Add(n)
	}
	b.used.Add(n)
	if n < 0 && b.waiting.Load() > 0 {
		b.wake()
	}
}

// Give takes n bytes back.
func (b *Budget) Give(k Kind, n int64) { b.Add(k, -n) }

// Take counts n bytes if there is room for them.
func (b *Budget) Take(k Kind, n int64) bool {
	for {
		used := b.used.Load()
		if used+n > b.limit && n > 0 {
			return false
		}
		if b.used.CompareAndSwap(used, used+n) {
			if k != Messages {
				b.kinds[k].Add(n)
			}
			return true
		}
	}
}

// TakeAny is Take, but one of any size passes when no other of its kind is held.
func (b *Budget) TakeAny(k Kind, n int64) bool {
	return b.Take(k, n) || b.kinds[k].CompareAndSwap(0, n) && b.used.Add(n) != 0
}

// TakeRing counts a ring of the wanted size, or a smaller one, a power of two of at least least
// bytes, and says which; false: there is no room. cost is what a ring of a size takes.
//
// The first quarter of the total goes to rings of the wanted size, each further quarter to rings a
// fourth of the size before, so that a few busy channels get all their speed, and a thousand still
// find room.
func (b *Budget) TakeRing(want, least int, cost func(size int) int64) (size int, ok bool) {
	for {
		used := b.used.Load()
		size := max(want>>(2*(4*max(used, 0)/b.limit)), least)
		for size > least && used+cost(size) > b.limit {
			size /= 2
		}
		n := cost(size)
		if used+n > b.limit {
			return 0, false
		}
		if b.used.CompareAndSwap(used, used+n) {
			b.kinds[Rings].Add(n)
			return size, true
		}
	}
}

// FromPage counts n bytes that the page makes Go hold. The error ends the session.
func (b *Budget) FromPage(k Kind, n int64) error {
	b.Add(k, n)
	return b.Check()
}

// Check says whether the page makes Go hold too much.
func (b *Budget) Check() error {
	used := b.used.Load()
	if used <= b.limit || used-b.goes() <= b.limit/4 {
		return nil
	}
	return wire.Broken("what the page has sent and Go not taken exceeds the session's %d bytes: "+
		"raise Options.SessionBytes, or read faster", b.limit)
}

// goes is what is held by what Go does.
func (b *Budget) goes() int64 {
	n := int64(0)
	for _, k := range [...]Kind{Rings, Results, Latest, Scripts, Readers} {
		n += b.kinds[k].Load()
	}
	return n
}

// Held is what is held of each kind, and what those hold who wait for room, which is no part of it.
func (b *Budget) Held() (of [Kinds]int64, waiting int64) {
	of[Messages] = b.used.Load()
	for k := Rings; k < Kinds; k++ {
		of[k] = b.kinds[k].Load()
		of[Messages] -= of[k]
	}
	of[Messages] = max(0, of[Messages])
	b.mu.Lock()
	defer b.mu.Unlock()
	return of, b.backlog()
}

// Pass waits until no result waits for bytes.
func (b *Budget) Pass(ctx context.Context) error {
	for b.blocked.Load() > 0 { // again and again: who passes with others may fill what there is
		if err := b.Wait(ctx, Results, 0); err != nil {
			return err
		}
	}
	return nil
}

// Wait is TakeAny that waits for room until ctx ends. Those who wait hold what they wait with:
// beyond the limit it is ErrBacklog.
func (b *Budget) Wait(ctx context.Context, k Kind, n int64) error {
	if b.waiting.Load() == 0 && b.TakeAny(k, n) {
		return nil
	}
	r := &room{k, n, make(chan struct{})}
	b.join(r) // before it looks again: who gives bytes back after that sees it
	b.mu.Lock()
	if held := b.backlog(); n > 0 && held > 0 && held+n > b.limit {
		b.leave(r)
		b.mu.Unlock()
		return ErrBacklog
	}
	l := &b.lines[k]
	l.rooms.Push(r)
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
	l.rooms.DeleteFunc(func(o *room) bool { return o == r })
	l.backlog -= n
	b.leave(r)
	b.grant(l) // who is next may need less
	return context.Cause(ctx)
}

func (b *Budget) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.grant(&b.lines[Results])
	b.grant(&b.lines[Scripts])
}

// grant lets those of a line in for whom there is room, in their order. The caller holds mu.
func (b *Budget) grant(l *line) {
	for l.rooms.Len() > 0 {
		r := *l.rooms.Front()
		if !b.TakeAny(r.kind, r.n) {
			return
		}
		l.rooms.Pop()
		l.backlog -= r.n
		b.leave(r)
		close(r.ch)
	}
}

// join counts one who will wait.
func (b *Budget) join(r *room) {
	b.waiting.Add(1)
	if r.kind == Results && r.n > 0 {
		b.blocked.Add(1)
	}
}

// leave counts one who waits no more.
func (b *Budget) leave(r *room) {
	b.waiting.Add(-1)
	if r.kind == Results && r.n > 0 {
		b.blocked.Add(-1)
	}
}

// backlog is what all who wait hold. The caller holds mu.
func (b *Budget) backlog() int64 { return b.lines[Results].backlog + b.lines[Scripts].backlog }
