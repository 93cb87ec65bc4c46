//go:build linux && cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// stream is the traffic of one channel, in each direction: bursts of up to Burst messages of Least
// to Most bytes (characters, for JSON), with up to Pause milliseconds between them.
type stream struct {
	Name   string `json:"name"`
	JSON   bool   `json:"json"`
	Least  int    `json:"least"`
	Most   int    `json:"most"`
	Burst  int    `json:"burst"`
	Pause  int    `json:"pause"`
	Own    bool   `json:"own"`
	Borrow bool   `json:"borrow"`
}

// streams are a page's. The three sizes, JSON, and a mixture whose messages are borrowed.
var streams = [...]stream{
	{Name: "128 B", Least: 116, Most: 116, Burst: 1000, Pause: 100},
	{Name: "128 B of JSON", JSON: true, Least: 60, Most: 80, Burst: 400, Pause: 100},
	{Name: "4 KB", Least: 4000, Most: 4096, Burst: 100, Pause: 100, Own: true},
	{Name: "256 KB and more", Least: 256 << 10, Most: largest, Burst: 3, Pause: 500},
	{Name: "0 to 20 KB", Least: 0, Most: 20_000, Burst: 30, Pause: 100, Borrow: true},
}

// flow is what one stream of a session has moved.
type flow struct {
	sent sequenceOut
	up   sequence
}

// sequenceOut counts what goes down: begun before Send was called, accepted when it has returned.
type sequenceOut struct{ begun, accepted counter }

// totals are a stream's at its end.
type totals struct {
	Sent     uint32 `json:"sent"`
	Received uint32 `json:"received"`
}

type bytesArgs struct {
	Stream *transport.Stream[[]byte, []byte]
	Which  uint32
}

type textArgs struct {
	Stream *transport.Stream[text, text]
	Which  uint32
}

// bytes is the command that serves a stream of bytes.
func (l *life) bytes(ctx context.Context, a bytesArgs) (totals, error) {
	r := l.random(a.Which)
	var buf []byte
	return l.converse(ctx, a.Which, r, conversation{
		send: func(n uint32, size int, last bool) error {
			which := a.Which
			if last {
				which |= lastFlag
			}
			return a.Stream.Send(ctx, l.run.pool.raw(&buf, r, which, n, size))
		},
		receive: func() (n uint32, size int, last bool, err error) {
			b, err := a.Stream.Receive(ctx)
			if err != nil {
				return 0, 0, false, err
			}
			n, last, err = readRaw(b, a.Which)
			return n, len(b), last, wrongMessage(err)
		},
	})
}

// texts is the command that serves a stream of JSON.
func (l *life) texts(ctx context.Context, a textArgs) (totals, error) {
	r := l.random(a.Which)
	return l.converse(ctx, a.Which, r, conversation{
		send: func(n uint32, size int, last bool) error {
			t := l.run.pool.json(r, a.Which, n, size)
			t.Last = last
			return a.Stream.Send(ctx, t)
		},
		receive: func() (n uint32, size int, last bool, err error) {
			t, err := a.Stream.Receive(ctx)
			if err != nil {
				return 0, 0, false, err
			}
			return t.N, len(t.T), t.Last, wrongMessage(t.read(a.Which))
		},
	})
}

// messageError is a message that is not what it should be, whatever becomes of the session.
type messageError struct{ error }

func wrongMessage(err error) error {
	if err == nil {
		return nil
	}
	return messageError{err}
}

type conversation struct {
	send    func(n uint32, size int, last bool) error
	receive func() (n uint32, size int, last bool, err error)
}

// converse sends until the session shall finish, and receives until the page has sent its last
// message, which it does after Go's last.
func (l *life) converse(
	ctx context.Context, which uint32, r *rand.Rand, c conversation,
) (totals, error) {
	if which >= uint32(len(streams)) {
		return totals{}, fmt.Errorf("there is no stream %d", which)
	}
	s, f := streams[which], &l.flows[which]
	place := "stream of " + s.Name
	sent := make(chan error, 1)
	go func() { sent <- l.send(ctx, s, f, r, c.send) }()
	err := l.receive(ctx, place, f, c.receive)
	if err := errors.Join(err, <-sent); err != nil {
		l.broke(place, err)
		return totals{}, err
	}
	return totals{Sent: f.sent.accepted.value(), Received: f.up.count()}, nil
}

func (l *life) send(ctx context.Context, s stream, f *flow, r *rand.Rand,
	send func(uint32, int, bool) error) error {
	one := func(last bool) error {
		n := f.sent.begun.add()
		if err := send(n, s.Least+r.IntN(s.Most-s.Least+1), last); err != nil {
			return fmt.Errorf("message %d down: %w", n, err)
		}
		f.sent.accepted.add()
		return nil
	}
	for {
		for range 1 + r.IntN(s.Burst) {
			select {
			case <-l.finish:
				return one(true)
			default:
			}
			if err := one(false); err != nil {
				return err
			}
		}
		select {
		case <-time.After(time.Duration(r.IntN(s.Pause)) * time.Millisecond):
		case <-l.finish:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// slowEvery: one in so many messages finds a receiver that takes its time.
const slowEvery = 5000

func (l *life) receive(ctx context.Context, place string, f *flow,
	receive func() (uint32, int, bool, error)) error {
	r := rand.New(rand.NewPCG(l.seed, 99))
	for {
		n, size, last, err := receive()
		if err != nil {
			return fmt.Errorf("after %d messages up: %w", f.up.count(), err)
		}
		if err := f.up.take(n); err != nil {
			l.disordered(place+", up", &f.up, err)
			continue // what comes now says whether it was lost
		}
		l.run.tally.upMessages.Add(1)
		l.run.tally.upBytes.Add(uint64(size))
		if last {
			return nil
		}
		if r.IntN(slowEvery) == 0 {
			select {
			case <-time.After(time.Duration(50+r.IntN(200)) * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}
}
