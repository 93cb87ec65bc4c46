package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/internal/wire"
)

// Channel carries messages of type T from Go to one channel object of the page. The page makes
// it and passes it to a command, whose arguments' type has a field of type
// *Channel[T]. T []byte crosses as raw bytes, everything else through the codec.
//
// All methods may be called from any goroutine, any number of them at once.
// Messages arrive in the order in which Send accepted them, each exactly once, or
// the channel ends with an error on both sides.
//
// The methods of a channel that is not connected, also of a nil one, give ErrUnbound, or do
// nothing.
//
// A channel ends at Close, when the page closes it or goes away, or when its
// command returns, unless Keep was called. Sends then give ErrClosed.
type Channel[T any] struct {
	lane  *lane
	codec Codec
}

// UnmarshalJSON connects the channel with the one of the page that the string in a command's
// arguments stands for. It does so while Handle decodes them, and gives an error at any other time.
func (c *Channel[T]) UnmarshalJSON(data []byte) error {
	if c == nil {
		return errEmbedded
	}
	return c.connect(data, nil)
}

// connect takes the lane that data stands for. window says how much the page may send on it; nil:
// nothing.
func (c *Channel[T]) connect(data []byte, window func(*lane) int64) error {
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	l, err := open.Take(data, window)
	if err != nil {
		return err
	}
	c.lane, c.codec = l, l.s.opt.Codec
	return nil
}

// bound is the channel's lane; nil when it is not connected.
func (c *Channel[T]) bound() *lane {
	if c == nil {
		return nil
	}
	return c.lane
}

// Send accepts v, or waits for space in the channel's ring until ctx ends; [ChannelOptions.OnFull]
// can have it do otherwise. It copies: the caller keeps v. Errors: ErrClosed (a *ClosedError with
// the reason), the cause of ctx, ErrFull (with [Fail]), ErrTooLarge, ErrMemory, ErrUnbound, or the
// codec's: a value whose MarshalJSON panics, or that is no JSON in UTF-8, too. With any error
// nothing of v reaches the page, and the channel lives on, unless it is ErrClosed.
//
// ctx matters only while Send waits: with space at hand, v is accepted under a context that has
// ended, too.
func (c *Channel[T]) Send(ctx context.Context, v T) error {
	return c.send(contexts.OrBackground(ctx), v)
}

// TrySend is Send without waiting, as with [Fail]. On a channel with [Latest] the two are the same.
func (c *Channel[T]) TrySend(v T) error { return c.send(noWait, v) }

// encoded recycles the buffers that values are encoded into.
var encoded = sync.Pool{New: func() any { return new([]byte) }}

func (c *Channel[T]) send(ctx context.Context, v T) error {
	l := c.bound()
	if l == nil {
		return ErrUnbound
	}
	if b, ok := any(v).([]byte); ok {
		return l.send(ctx, wire.Bytes, b)
	}
	p := encoded.Get().(*[]byte)
	defer encoded.Put(p)
	l.policy() // the codec stays from now on
	data, err := encode(c.codec, (*p)[:0], v)
	if err != nil {
		return fmt.Errorf("transport: failed to encode a message: %w", err)
	}
	if cap(data) <= 1<<20 {
		*p = data
	}
	return l.send(ctx, wire.JSON, data)
}

// OnFull says what Send does while the page is behind by as much as the channel may hold.
type OnFull uint8

const (
	// Block has Send wait until there is space or its context ends. Nothing is lost: the sender is
	// slowed down to the page's speed.
	Block OnFull = iota
	// Fail has Send give ErrFull at once, whatever its context: the sender decides what to leave
	// out. A message over half of RingBytes gives ErrTooLarge, since it can't be accepted at once.
	Fail
	// Latest keeps one value: Send replaces the one that was not sent yet, and never waits. Stats
	// counts what was replaced. Right for a screen that shows the present.
	Latest
)

func (f OnFull) String() string {
	switch f {
	case Block:
		return "block"
	case Fail:
		return "fail"
	case Latest:
		return "latest"
	}
	return fmt.Sprintf("OnFull(%d)", uint8(f))
}

// ChannelOptions are set by Configure. The zero value of each field leaves the default.
type ChannelOptions struct {
	// OnFull is the channel's backpressure policy. Default: Block.
	OnFull OnFull
	// RingBytes is the largest size of this channel's ring, a power of two.
	RingBytes int
	// Codec encodes this channel's messages.
	Codec Codec
}

// Configure sets options before the first message that is sent, or received and decoded; ErrInUse
// afterwards. Beside a Send either it counts for that message, too, or it gives ErrInUse. An error
// leaves the channel as it was.
func (c *Channel[T]) Configure(o ChannelOptions) error {
	l := c.bound()
	if l == nil {
		return ErrUnbound
	}
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	if l.out.onFull.Load()&inUse != 0 || l.out.ring.Load() != nil {
		return ErrInUse
	}
	if o.OnFull > Latest {
		return fmt.Errorf("transport: OnFull is %d, must be Block, Fail or Latest", o.OnFull)
	}
	if o.RingBytes != 0 {
		if o.RingBytes < minRing || o.RingBytes&(o.RingBytes-1) != 0 || o.RingBytes > 512<<20 {
			return fmt.Errorf("transport: RingBytes is %d, must be a power of two, %d to %d",
				o.RingBytes, minRing, 512<<20)
		}
		l.out.ringSize = o.RingBytes
	}
	l.out.onFull.Store(uint32(o.OnFull))
	if o.Codec != nil {
		c.codec = o.Codec
	}
	return nil
}

// Flush returns when everything that the channel had accepted has the page's receipt: it has
// arrived there, though its callback may not have run yet. It waits until ctx ends, and then gives
// its cause; what was accepted is on its way all the same.
func (c *Channel[T]) Flush(ctx context.Context) error {
	l := c.bound()
	if l == nil {
		return ErrUnbound
	}
	if err := l.wait(contexts.OrBackground(ctx), l.accepted(), true); err != nil {
		return fmt.Errorf("transport: flush: %w", err)
	}
	return nil
}

// Keep lets the channel live on after its command has returned, as long as the session.
// Call Close when it is no longer needed.
func (c *Channel[T]) Keep() {
	if l := c.bound(); l != nil {
		l.state.mu.Lock()
		l.state.kept = true
		l.state.mu.Unlock()
	}
}

// Close ends the channel: what was accepted is delivered, then the page's onclose is called. It
// does not wait; Flush before or after it does. Further calls do nothing.
func (c *Channel[T]) Close() {
	if l := c.bound(); l != nil {
		l.finish(&ClosedError{Reason: "closed by Go"}, true)
	}
}

// CloseWithError is Close with an error that the page's onerror gets after the messages.
// A *Error keeps its code and detail.
func (c *Channel[T]) CloseWithError(err error) {
	if err == nil {
		err = errors.New("channel was closed with an error")
	}
	if l := c.bound(); l != nil {
		l.finish(closing(l.s.log, err), true)
	}
}

// Context is ctx that ends with the channel, too, at the latest when its command has returned and
// did not Keep it: context.Cause is the *ClosedError then. A handler that waits for more than its
// channel begins with it,
//
//	ctx = args.Updates.Context(ctx)
//
// since its own context does not end when the page closes a channel. Several channels: one call
// after the other.
func (c *Channel[T]) Context(ctx context.Context) context.Context {
	ctx = contexts.OrBackground(ctx)
	l := c.bound()
	if l == nil {
		ended, end := context.WithCancelCause(ctx)
		end(ErrUnbound)
		return ended
	}
	return l.context(ctx)
}

// Done is closed when the channel has ended; nil, which blocks for ever, when it is not connected.
func (c *Channel[T]) Done() <-chan struct{} {
	l := c.bound()
	if l == nil {
		return nil
	}
	return l.end.done
}

// Err is nil, or why the channel ended: a *ClosedError.
func (c *Channel[T]) Err() error {
	l := c.bound()
	if l == nil {
		return ErrUnbound
	}
	return l.err()
}

// Stats returns the channel's figures.
func (c *Channel[T]) Stats() ChannelStats {
	l := c.bound()
	if l == nil {
		return ChannelStats{}
	}
	return l.stats()
}

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

// What a Stream has from its Channel. These methods are here for a nil Stream alone, whose Channel
// can't be reached.

// channel is the stream's channel, nil for a nil stream.
func (s *Stream[Out, In]) channel() *Channel[Out] {
	if s == nil {
		return nil
	}
	return &s.Channel
}

// Send is Channel.Send.
func (s *Stream[Out, In]) Send(ctx context.Context, v Out) error { return s.channel().Send(ctx, v) }

// TrySend is Channel.TrySend.
func (s *Stream[Out, In]) TrySend(v Out) error { return s.channel().TrySend(v) }

// Configure is Channel.Configure.
func (s *Stream[Out, In]) Configure(o ChannelOptions) error { return s.channel().Configure(o) }

// Flush is Channel.Flush.
func (s *Stream[Out, In]) Flush(ctx context.Context) error { return s.channel().Flush(ctx) }

// Keep is Channel.Keep.
func (s *Stream[Out, In]) Keep() { s.channel().Keep() }

// Close is Channel.Close.
func (s *Stream[Out, In]) Close() { s.channel().Close() }

// CloseWithError is Channel.CloseWithError.
func (s *Stream[Out, In]) CloseWithError(err error) { s.channel().CloseWithError(err) }

// Context is Channel.Context.
func (s *Stream[Out, In]) Context(ctx context.Context) context.Context {
	return s.channel().Context(ctx)
}

// Done is Channel.Done.
func (s *Stream[Out, In]) Done() <-chan struct{} { return s.channel().Done() }

// Err is Channel.Err.
func (s *Stream[Out, In]) Err() error { return s.channel().Err() }

// Stats is Channel.Stats.
func (s *Stream[Out, In]) Stats() ChannelStats { return s.channel().Stats() }

func (s *Stream[Out, In]) bound() *lane { return s.channel().bound() }
