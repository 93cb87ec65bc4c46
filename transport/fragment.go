package transport

import (
	"context"

	"github.com/tailrace-go/tailrace/ring"
	"github.com/tailrace-go/tailrace/transport/wire"
)

// sendFragments accepts a message that is too large for one frame. One such message
// at a time has the lane's turn; small ones pass between. It is accepted when its
// last fragment is committed; until then a context that ends aborts it.
func (l *lane) sendFragments(ctx context.Context, kind wire.Kind, data []byte) error {
	r := l.ring.Load()
	p, space := ordinary, r.Cap()
	if kind == wire.Event {
		p, space = low, r.Cap()-r.Cap()/eventReserve
	}
	if ctx == noWait {
		if len(data) > r.Cap()/2 {
			return errTooLargeToTry
		}
		if r.Len()+len(data) > space {
			return ErrFull
		}
		select {
		case <-l.turn:
		default:
			return ErrFull
		}
	} else {
		select {
		case <-l.turn:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-l.done:
			return l.err()
		}
	}
	defer func() { l.turn <- struct{}{} }()

	var head [wire.BeginSize]byte
	wire.PutBegin(head[:], len(data), kind)
	piece := l.maxFrame(r)
	n := piece - wire.BeginSize
	if err := l.write(ctx, p, wire.Begin, head[:], data[:n]); err != nil {
		return err
	}
	for n < len(data) {
		next := min(n+piece, len(data))
		k := wire.Middle
		if next == len(data) {
			k = wire.End
		}
		if err := l.write(ctx, p, k, nil, data[n:next]); err != nil {
			l.abort()
			return err
		}
		l.extra.Add(1)
		n = next
	}
	return nil
}

// abort takes back the message that was begun. The ring keeps room for it; on a closed
// ring the close frame says the same.
func (l *lane) abort() {
	for {
		r := l.ring.Load()
		c, err := r.ClaimHeadroom(wire.FrameSize)
		if err == nil {
			wire.PutFrame(c.Bytes(), wire.Abort, 0)
			r.Commit(c)
			l.extra.Add(2) // the begin and the abort are no message
			return
		}
		if err != ring.ErrClosed || l.reopened(r) != nil {
			return
		}
	}
}
