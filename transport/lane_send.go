package transport

import (
	"context"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/ring"
	"github.com/tailrace-go/tailrace/transport/internal/journal"
)

// send accepts one message.
func (l *lane) send(ctx context.Context, kind wire.Kind, data []byte) error {
	return l.sendAs(ctx, ordinary, kind, data)
}

// sendAs is send in that manner.
func (l *lane) sendAs(ctx context.Context, m manner, kind wire.Kind, data []byte) error {
	if len(data) > l.s.opt.MaxMessage {
		return ErrTooLarge
	}
	switch l.policy() {
	case Fail:
		ctx = noWait
	case Latest:
		return l.latest(kind, data)
	}
	r, err := l.open()
	if err != nil {
		return err
	}
	if len(data) > l.maxFrame(r) {
		want := sizeFor(min(len(data), l.s.opt.maxFrame()))
		if ctx == noWait {
			want = max(want, sizeToTry(len(data)))
		}
		if l.grow(r, want) {
			r = l.out.ring.Load()
		}
		if len(data) > l.maxFrame(r) {
			if err := l.err(); err != nil {
				return err // r may be what freeRings leaves
			}
			return l.sendFragments(ctx, r, m, kind, data)
		}
	}
	return l.write(ctx, m, kind, nil, data)
}

// manner says how a message goes into a ring.
type manner struct {
	low     bool        // it leaves the part that lane 0 keeps back from events
	answers *invocation // the call whose answer it is, vacated before the page can see the whole
}

var (
	ordinary = manner{}
	low      = manner{low: true}
)

// write puts one frame into the ring: head and data are its payload.
func (l *lane) write(ctx context.Context, m manner, kind wire.Kind, head, data []byte) error {
	n := len(head) + len(data)
	for {
		r := l.out.ring.Load()
		var c ring.Claim
		var err error
		if m.low {
			c, err = r.TryClaimLow(wire.FrameSize + n)
		} else {
			c, err = r.TryClaim(wire.FrameSize + n)
		}
		if err == ring.ErrFull {
			if l.grow(r, 0) {
				continue
			}
			if ctx == noWait {
				return ErrFull
			}
			c, err = l.claim(ctx, r, m, wire.FrameSize+n)
		}
		if err == ring.ErrClosed {
			if err := l.reopened(); err != nil {
				return err
			}
			continue // it has grown
		}
		if err != nil {
			if err := l.err(); err != nil {
				return err
			}
			return err
		}
		b := c.Bytes()
		wire.PutFrame(b, kind, n)
		copy(b[wire.FrameSize:], head)
		copy(b[wire.FrameSize+len(head):], data)
		if m.answers != nil {
			m.answers.vacate()
		}
		r.Commit(c)
		return nil
	}
}

// claim claims n bytes of a ring that was full, and waits for them.
func (l *lane) claim(ctx context.Context, r *ring.Ring, m manner, n int) (ring.Claim, error) {
	defer l.unblock(l.block())
	if m.low {
		return r.ClaimLow(ctx, n)
	}
	return r.Claim(ctx, n)
}

// block notes that a sender begins to wait, unblock that it does not any more.
func (l *lane) block() (began time.Duration) {
	began = l.s.engine.now()
	l.out.waits.Enter(began)
	return began
}

func (l *lane) unblock(began time.Duration) {
	now := l.s.engine.now()
	l.out.waits.Leave(began, now)
	if l.id != 0 && now-began >= journal.LongWait {
		l.s.journal.WaitedLong(l.id, l.name, now-began)
	}
}

// maxFrame is the largest payload that goes as one frame.
func (l *lane) maxFrame(r *ring.Ring) int {
	return min(r.Cap()/8-wire.FrameSize, l.s.opt.maxFrame())
}

// sendFragments accepts a message that is too large for one frame. One such message
// at a time has the lane's turn; small ones pass between. It is accepted when its
// last fragment is committed; until then a context that ends aborts it. r is the ring in which it
// needs fragments: a sender beside this one may put a larger one in its place.
func (l *lane) sendFragments(
	ctx context.Context, r *ring.Ring, m manner, kind wire.Kind, data []byte,
) error {
	if ctx == noWait {
		if len(data) > r.Cap()/2 {
			return errTooLargeToTry
		}
		if r.Len()+len(data) > r.Cap() {
			return ErrFull
		}
	}
	if err := l.takeTurn(ctx, l.out.turn); err != nil {
		return err
	}
	defer func() { l.out.turn <- struct{}{} }()
	piece := l.maxFrame(r)
	if err := l.begin(ctx, m, kind, data, piece); err != nil {
		return err
	}
	return l.goOn(ctx, m, data, piece)
}

// takeTurn takes the token out of turn.
func (l *lane) takeTurn(ctx context.Context, turn chan struct{}) error {
	select {
	case <-turn:
		return nil // also under a context that has ended, which stops only what has to wait
	default:
	}
	if ctx == noWait {
		return ErrFull
	}
	defer l.unblock(l.block())
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.end.done:
		return l.err()
	}
}

// begin writes the first fragment, of piece bytes with its head.
func (l *lane) begin(ctx context.Context, m manner, kind wire.Kind, data []byte, piece int) error {
	m.answers = nil
	var head [wire.BeginSize]byte
	wire.PutBegin(head[:], len(data), kind)
	return l.write(ctx, m, wire.Begin, head[:], data[:piece-wire.BeginSize])
}

// goOn writes the fragments behind the first one. It takes the message back when that fails, and
// when a method of ctx panics.
func (l *lane) goOn(ctx context.Context, m manner, data []byte, piece int) error {
	whole, answers := false, m.answers
	m.answers = nil
	defer func() {
		if !whole {
			l.abort()
		}
	}()
	for n := piece - wire.BeginSize; n < len(data); {
		next := min(n+piece, len(data))
		k := wire.Middle
		if next == len(data) {
			k, m.answers = wire.End, answers
		}
		if err := l.write(ctx, m, k, nil, data[n:next]); err != nil {
			return err
		}
		l.out.extra.Add(1)
		n = next
	}
	whole = true
	return nil
}

// abort takes back the message that was begun. The ring keeps room for it; on a closed
// ring the close frame says the same.
func (l *lane) abort() {
	for {
		r := l.out.ring.Load()
		c, err := r.ClaimHeadroom(wire.FrameSize)
		if err == nil {
			wire.PutFrame(c.Bytes(), wire.Abort, 0)
			r.Commit(c)
			l.out.extra.Add(2) // the begin and the abort are no message
			return
		}
		if err != ring.ErrClosed || l.reopened() != nil {
			return
		}
	}
}
