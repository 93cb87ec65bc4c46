package transport

import "context"

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
