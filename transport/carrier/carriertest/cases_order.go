package carriertest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// smallRings make rings and windows wrap and fill often.
var smallRings = transport.Options{RingBytes: 64 << 10, MaxBatch: 64 << 10, Window: 256 << 10}

// Several goroutines send on each of several channels, messages of all sizes.
func orderDown(t testing.TB, s Setup) {
	const channels, producers, each = 3, 3, 150
	st := open(t, s, smallRings, func(e *transport.Engine) {
		transport.Handle(e, "send", func(ctx context.Context, a args) (int, error) {
			errs := make([]error, len(a.C))
			var all sync.WaitGroup
			for i, c := range a.C {
				all.Go(func() {
					errs[i] = produce(producers, each, func(b []byte) error {
						return c.Send(ctx, b)
					})
				})
			}
			all.Wait()
			return producers * each, errors.Join(errs...)
		})
	}, nil)
	cs := st.channels(channels)
	call := st.page.Start(request("send", pageArgs{C: cs}))
	st.each(cs, func(c *transporttest.Channel) error {
		return errors.Join(read(c, producers*each), ends(c))
	})
	st.gives(call, strconv.Itoa(producers*each))
}

// each does something with each channel, at once.
func (st *stand) each(cs []*transporttest.Channel, do func(*transporttest.Channel) error) {
	st.t.Helper()
	var all sync.WaitGroup
	for i, c := range cs {
		all.Go(func() {
			if err := do(c); err != nil {
				st.t.Errorf("channel %d: %v", i, err)
			}
		})
	}
	all.Wait()
}

// gives checks a command's result.
func (st *stand) gives(call *transporttest.Call, want string) {
	st.t.Helper()
	if r, err := call.Wait(); err != nil || string(r.Data) != want {
		st.t.Errorf("the command gave %v, %v; want %s", r, err, want)
	}
}

// take registers a command that receives from all its streams, and checks the order.
func take(e *transport.Engine, count int) {
	transport.Handle(e, "take", func(ctx context.Context, a args) (int, error) {
		errs := make([]error, len(a.S))
		var all sync.WaitGroup
		for i, s := range a.S {
			all.Go(func() {
				o := order{}
				for n := range count {
					m, err := s.Receive(ctx)
					if err == nil {
						err = o.check(m)
					}
					if err != nil {
						errs[i] = fmt.Errorf("message %d of %d in Go: %w", n, count, err)
						return
					}
				}
			})
		}
		all.Wait()
		return count, errors.Join(errs...)
	})
}

// The page sends on several streams, several goroutines on each.
func orderUp(t testing.TB, s Setup) {
	const streams, producers, each = 3, 2, 150
	st := open(t, s, smallRings, func(e *transport.Engine) { take(e, producers*each) }, nil)
	cs := st.channels(streams)
	call := st.page.Start(request("take", pageArgs{S: cs}))
	st.each(cs, func(c *transporttest.Channel) error {
		return produce(producers, each, func(b []byte) error { return c.Send(bytesKind, b) })
	})
	st.gives(call, strconv.Itoa(producers*each))
}

// Go answers each message of the page, while that goes on sending.
func bothWays(t testing.TB, s Setup) {
	const streams, each = 2, 300
	st := open(t, s, smallRings, func(e *transport.Engine) {
		transport.Handle(e, "echo", func(ctx context.Context, a args) (int, error) {
			errs := make([]error, len(a.S))
			var all sync.WaitGroup
			for i, s := range a.S {
				all.Go(func() {
					for range each {
						m, err := s.Receive(ctx)
						if err == nil {
							err = s.Send(ctx, m)
						}
						if err != nil {
							errs[i] = err
							return
						}
					}
				})
			}
			all.Wait()
			return each, errors.Join(errs...)
		})
	}, nil)
	cs := st.channels(streams)
	call := st.page.Start(request("echo", pageArgs{S: cs}))
	st.each(cs, func(c *transporttest.Channel) error {
		var sent error
		var sender sync.WaitGroup
		sender.Go(func() {
			sent = produce(1, each, func(b []byte) error { return c.Send(bytesKind, b) })
		})
		err := read(c, each)
		sender.Wait()
		return errors.Join(err, sent)
	})
	st.gives(call, strconv.Itoa(each))
}

// When a command's result is there, so is all that its channels had accepted.
func resultsAfterMessages(t testing.TB, s Setup) {
	st := open(t, s, transport.Options{}, func(e *transport.Engine) {
		transport.Handle(e, "send", func(ctx context.Context, a args) (int, error) {
			return a.N, produce(1, a.N, func(b []byte) error { return a.C[0].Send(ctx, b) })
		})
	}, nil)
	counts := []int{0, 1, 5, 20, 60}
	var making sync.Mutex // channels are passed in the order in which they are made
	for range 4 {
		var all sync.WaitGroup
		for _, n := range counts {
			all.Go(func() {
				making.Lock()
				cs := st.channels(1)
				call := st.page.Start(request("send", pageArgs{C: cs, N: n}))
				making.Unlock()
				r, err := call.Wait()
				if err != nil || string(r.Data) != strconv.Itoa(n) {
					t.Errorf("the command gave %v, %v; want %d", r, err, n)
					return
				}
				if got := cs[0].Queued(); got != n {
					t.Errorf("with the result %d messages are there, %d were sent before it",
						got, n)
				}
				if err := errors.Join(read(cs[0], n), ends(cs[0])); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}

// Events and evals take effect in the order in which they were accepted, before the result of the
// command that made them.
func eventsAndEvals(t testing.TB, s Setup) {
	const each = 300
	var mu sync.Mutex
	var got []string
	st := open(t, s, transport.Options{}, func(e *transport.Engine) {
		transport.Handle(e, "make", func(ctx context.Context, _ struct{}) (int, error) {
			session := transport.SessionFrom(ctx)
			for n := range each {
				payload := binary.LittleEndian.AppendUint32(nil, uint32(n))
				if err := errors.Join(session.EventContext(ctx, []uint32{1}, true, payload),
					session.EvalContext(ctx, strconv.Itoa(n))); err != nil {
					return n, err
				}
			}
			return each, nil
		})
	}, func(c *transporttest.Config) {
		c.Eval = func(string) (any, error) { return nil, nil }
		c.Control = func(kind wire.Kind, _ uint32, payload []byte) {
			mu.Lock()
			defer mu.Unlock()
			switch kind {
			case wire.Event:
				got = append(got, fmt.Sprint("event ", binary.LittleEndian.Uint32(payload)))
			case wire.Eval:
				got = append(got, "eval "+string(payload))
			}
		}
	})
	st.gives(st.page.Start(transporttest.Request{Command: "make", Args: struct{}{}}),
		strconv.Itoa(each))
	mu.Lock()
	defer mu.Unlock()
	if len(got) != 2*each {
		t.Errorf("with the result %d events and evals are there, %d were made before it", len(got),
			2*each)
	}
	for i, g := range got {
		want := fmt.Sprint("event ", i/2)
		if i%2 == 1 {
			want = fmt.Sprint("eval ", i/2)
		}
		if g != want {
			t.Fatalf("%s came where %s is due", g, want)
		}
	}
}
