package transport

import (
	"context"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/ring"
)

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
