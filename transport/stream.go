package transport

import (
	"context"
	"fmt"
	"iter"

	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/internal/wire"
)

// Stream is a channel that the page can send on, too: Go sends Out and receives In.
// The promises are the same in both directions.
type Stream[Out, In any] struct {
	Channel[Out]
}

// UnmarshalJSON is that of Channel, and lets the page send.
func (s *Stream[Out, In]) UnmarshalJSON(data []byte) error {
	if s == nil {
		return errEmbedded
	}
	return s.connect(data, func(l *lane) int64 { return int64(l.s.opt.Window) })
}

// Receive takes the page's next message; it waits until ctx ends. In []byte gets the bytes as
// they came, and owns them. After the page's close it gives what had come before, then
// ErrClosed. A message that does not decode gives an error and is gone; the stream lives on.
func (s *Stream[Out, In]) Receive(ctx context.Context) (In, error) {
	var v In
	l := s.bound()
	if l == nil {
		return v, ErrUnbound
	}
	m, err := l.receive(contexts.OrBackground(ctx))
	if err != nil {
		return v, err
	}
	return s.value(m)
}

// value is a message's.
func (s *Stream[Out, In]) value(m message) (In, error) {
	var v In
	if b, ok := any(&v).(*[]byte); ok {
		*b = m.data
		return v, nil
	}
	return s.decode(m)
}

// decode is apart from value so that there a []byte needs no memory of its own.
func (s *Stream[Out, In]) decode(m message) (In, error) {
	var v In
	if m.kind == wire.Bytes {
		return v, fmt.Errorf("transport: the page sent raw bytes where %T is expected", v)
	}
	s.lane.policy() // the codec stays from now on
	if err := decode(s.codec, m.data, &v); err != nil {
		return v, fmt.Errorf("transport: failed to decode a message of the page: %w", err)
	}
	return v, nil
}

// All ranges over the page's messages until it closes the stream. Any other end, that of ctx too,
// is the last pair's error; so is a message that does not decode, after which the range goes on.
// What has come before ctx ends is given before its error.
func (s *Stream[Out, In]) All(ctx context.Context) iter.Seq2[In, error] {
	ctx = contexts.OrBackground(ctx)
	return func(yield func(In, error) bool) {
		var none In
		l := s.bound()
		if l == nil {
			yield(none, ErrUnbound)
			return
		}
		for {
			m, err := l.receive(ctx)
			if err != nil {
				if e, ok := err.(*ClosedError); !ok || e.by != closedByPage || e.Cause != nil {
					yield(none, err)
				}
				return
			}
			if v, err := s.value(m); !yield(v, err) {
				return
			}
		}
	}
}
