package carriertest

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// sizes are those at which the way of a message changes: what is copied, what goes apart, what
// fills a batch, what goes in fragments.
func sizes(o transport.Options) []int {
	all := []int{headSize, 100, 4096, 32 << 10, 64 << 10, 128 << 10, 1 << 20, 3<<20 + 5}
	for _, around := range []int{o.MaxBatch / 4, o.MaxBatch, o.RingBytes / 2} {
		all = append(all, around-128, around, around+1)
	}
	return all
}

// Messages of all sizes, both ways, short and long in turns.
func largeMessages(t testing.TB, s Setup) {
	o := transport.Options{RingBytes: 256 << 10, MaxBatch: 128 << 10, Window: 512 << 10}
	all := sizes(o)
	send := func(send func([]byte) error) error {
		r := random(0)
		for n, size := range all {
			if err := send(message(r, 0, n, size)); err != nil {
				return err
			}
		}
		return nil
	}
	st := open(t, s, o, func(e *transport.Engine) {
		take(e, len(all))
		transport.Handle(e, "send", func(ctx context.Context, a args) (int, error) {
			return len(all), errors.Join(
				send(func(b []byte) error { return a.C[0].Send(ctx, b) }),
				send(func(b []byte) error { return a.C[1].Send(ctx, b) }))
		})
	}, nil)
	kept, borrowed, up := st.page.NewChannel(), st.page.NewChannel(), st.channels(1)
	borrowed.Borrow()
	down := []*transporttest.Channel{kept, borrowed}
	sends := st.page.Start(request("send", pageArgs{C: down}))
	takes := st.page.Start(request("take", pageArgs{S: up}))
	st.each(append(down, up...), func(c *transporttest.Channel) error {
		if c == up[0] {
			return send(func(b []byte) error { return c.Send(bytesKind, b) })
		}
		return errors.Join(read(c, len(all)), ends(c))
	})
	st.gives(sends, strconv.Itoa(len(all)))
	st.gives(takes, strconv.Itoa(len(all)))
}

// Raw arguments and results of all sizes, which have lanes of their own when they are large.
func largeBodies(t testing.TB, s Setup) {
	st := open(t, s, transport.Options{}, func(e *transport.Engine) {
		transport.Handle(e, "raw", func(_ context.Context, b []byte) ([]byte, error) {
			return b, nil
		})
	}, nil)
	r := random(0)
	for n, size := range sizes(transport.Options{MaxBatch: 260 << 10, RingBytes: 4 << 20}) {
		body := message(r, 0, n, size)
		got, err := st.page.Invoke(transporttest.Request{Command: "raw", Raw: body})
		if err != nil {
			t.Fatalf("a body of %d bytes: %v", size, err)
		}
		if !got.Raw || !bytes.Equal(got.Data, body) {
			t.Errorf("a body of %d bytes comes back as %d others", size, len(got.Data))
		}
	}
}

// Many channels at once, some borrowed, each with a few messages, closed by either side.
func manyChannels(t testing.TB, s Setup) {
	const channels, each = 200, 4
	o := transport.Options{RingBytes: 16 << 10, MaxBatch: 32 << 10, Window: 64 << 10}
	st := open(t, s, o, func(e *transport.Engine) {
		transport.Handle(e, "send", func(ctx context.Context, a args) (int, error) {
			for n := range each {
				for i, c := range a.C {
					err := c.Send(ctx, message(random(i), 0, n, headSize+10*i))
					if err != nil && !(errors.Is(err, transport.ErrClosedByPage) && i%10 == 9) {
						return n, err
					}
				}
			}
			return each, nil
		})
	}, nil)
	cs := st.channels(channels)
	for i, c := range cs {
		if i%2 == 1 {
			c.Borrow()
		}
	}
	call := st.page.Start(request("send", pageArgs{C: cs}))
	for i, c := range cs {
		if i%10 == 9 { // of some the page wants no more than the first
			if err := read(c, 1); err != nil {
				t.Errorf("channel %d: %v", i, err)
			}
			c.Close()
			continue
		}
		if err := errors.Join(read(c, each), ends(c)); err != nil {
			t.Errorf("channel %d: %v", i, err)
		}
	}
	st.gives(call, strconv.Itoa(each))
}
