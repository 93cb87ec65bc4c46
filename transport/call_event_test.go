package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

func TestEventArrives(t *testing.T) {
	e := newEngine(t, transport.Options{MaxMessage: 8 << 20, ControlBytes: 1 << 20})
	p := openPage(t, e, transporttest.Config{})
	large := bytes.Repeat([]byte("0123456789abcdef"), 25_000) // goes in fragments
	many := make([]uint32, 5_000)
	for i := range many {
		many[i] = uint32(i) * 0x10001
	}
	want := []transporttest.Event{
		{Subs: []uint32{1}, Payload: []byte(`{"a":1}`)},
		{Subs: []uint32{7, 1<<32 - 1}, Binary: true, Payload: []byte{}},
		{Subs: []uint32{3}, Binary: true, Payload: large},
		{Subs: many, Payload: []byte("null")},
	}
	for _, ev := range want {
		if err := p.Session.Event(ev.Subs, ev.Binary, ev.Payload); err != nil {
			t.Fatal(err)
		}
	}
	huge := bytes.Repeat(large, 15) // 6 MB, six times the ring of lane 0
	if err := p.Session.EventContext(within(t), []uint32{4}, true, huge); err != nil {
		t.Fatal(err)
	}
	for i, w := range append(want, transporttest.Event{
		Subs: []uint32{4}, Binary: true, Payload: huge,
	}) {
		got, err := p.NextEvent()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Subs, w.Subs) || got.Binary != w.Binary ||
			!bytes.Equal(got.Payload, w.Payload) {
			t.Errorf("event %d: %d subscriptions, binary %v, %d bytes; want %d, %v, %d",
				i, len(got.Subs), got.Binary, len(got.Payload), len(w.Subs), w.Binary,
				len(w.Payload))
		}
	}
	if st := p.Session.Stats(); st.Events != 5 || st.EventsRefused != 0 {
		t.Errorf("%d events counted, %d refused; want 5 and 0", st.Events, st.EventsRefused)
	}
	refusals := []struct {
		err, want error
	}{
		{p.Session.Event([]uint32{1}, true, make([]byte, 8<<20)), transport.ErrTooLarge},
		{p.Session.EventContext(within(t), []uint32{1}, true, make([]byte, 8<<20)),
			transport.ErrTooLarge},
		// over half of the ring
		{p.Session.Event([]uint32{1}, true, make([]byte, 600<<10)), transport.ErrTooLarge},
	}
	for i, r := range refusals {
		if !errors.Is(r.err, r.want) {
			t.Errorf("refusal %d: %v, want %v", i, r.err, r.want)
		}
	}
	if err := p.Session.Event(nil, false, []byte("1")); err == nil {
		t.Error("an event for nobody was accepted")
	}
	p.Session.End("test")
	if err := p.Session.Event([]uint32{1}, false, []byte("1")); !errors.Is(err,
		transport.ErrClosed) {
		t.Errorf("an event after the end: %v", err)
	}
	if st := p.Session.Stats(); st.EventsRefused != 5 {
		t.Errorf("%d refused events counted, want 5", st.EventsRefused)
	}
}

// fillEvents sends events of 1,024 bytes on the ring until there is no room.
func fillEvents(t *testing.T, s *transport.Session) int {
	t.Helper()
	for n := 0; ; n++ {
		err := s.Event([]uint32{1}, false, fmt.Appendf(nil, "%1004d", n))
		if errors.Is(err, transport.ErrFull) {
			return n
		}
		if err != nil || n > 10_000 {
			t.Fatalf("event %d: %v", n, err)
		}
	}
}

// TestEventReserve: when events are refused, a quarter of lane 0 is free: results, errors and evals
// go on.
func TestEventReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 64 << 10
		e := newEngine(t, transport.Options{ControlBytes: size})
		release := []chan error{make(chan error), make(chan error)}
		transport.Handle(e, "wait", func(_ context.Context, i int) (string, error) {
			return "done", <-release[i]
		})
		var log []string
		p := openPage(t, e, transporttest.Config{
			Eval: func(js string) (any, error) { return nil, nil },
			Control: func(kind wire.Kind, id uint32, payload []byte) {
				log = append(log, fmt.Sprintf("%v %s", kind, strings.TrimSpace(string(payload))))
			},
		})
		good := p.Start(transporttest.Request{Command: "wait", Args: 0})
		bad := p.Start(transporttest.Request{Command: "wait", Args: 1})
		synctest.Wait()
		p.Stall(true)
		n := fillEvents(t, p.Session)
		if n < size*3/4/1024-1 || n > size*3/4/1024 {
			t.Fatalf("%d events of 1 KiB in a lane of %d bytes, want three quarters of it", n, size)
		}
		// The next three quarters of a quarter are for evals alone.
		evals := size / 4 * 3 / 4 / 1024
		for i := range evals {
			if err := p.Session.Eval(fmt.Sprintf("%1008d", i)); err != nil {
				t.Fatalf("eval %d behind a flood of events: %v", i, err)
			}
		}
		release[0] <- nil
		synctest.Wait()
		release[1] <- errors.New("no")
		synctest.Wait()
		if st := p.Session.Stats(); st.Running != 0 {
			t.Fatalf("%d commands wait for room for their results", st.Running)
		}
		if err := p.Session.Event([]uint32{1}, false, []byte("1")); !errors.Is(err,
			transport.ErrFull) {
			t.Fatalf("a small event took from the reserve: %v", err)
		}
		p.Stall(false)
		if r, err := good.Wait(); err != nil || string(r.Data) != `"done"` {
			t.Errorf("result %v, %v", r, err)
		}
		_, err := bad.Wait()
		wantCode(t, err, transport.CodeError)
		var want []string
		for i := range n {
			want = append(want, fmt.Sprintf("event %d", i))
		}
		for i := range evals {
			want = append(want, fmt.Sprintf("eval %d", i))
		}
		want = append(want, `result "done"`, `error {"code":"error","message":"no"}`)
		synctest.Wait()
		if !slices.Equal(log, want) {
			t.Errorf("lane 0 was\n%q, want\n%q", log, want)
		}
	})
}

// TestEventContextWaits: those who wait get room in their order, none is forgotten, none is
// overtaken, a context is honoured, and results and evals pass them.
func TestEventContextWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{ControlBytes: 64 << 10})
		p := openPage(t, e, transporttest.Config{Eval: func(string) (any, error) { return 1, nil }})
		synctest.Wait()
		p.Stall(true)
		n := fillEvents(t, p.Session)
		var left []int
		give := errors.New("has waited enough")
		for i := range 20 {
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() {
				err := p.Session.EventContext(ctx, []uint32{2}, false,
					fmt.Appendf(nil, "%1004d", i))
				switch {
				case i%5 == 3 && errors.Is(err, give):
					left = append(left, i)
				case i%5 == 3 || err != nil:
					t.Errorf("waiter %d: %v", i, err)
				}
			}()
			defer cancel(nil)
			synctest.Wait()
			if i%5 == 3 {
				cancel(give)
				synctest.Wait()
			}
		}
		if !slices.Equal(left, []int{3, 8, 13, 18}) {
			t.Fatalf("%v left by their context", left)
		}
		// it would fit
		if err := p.Session.Event([]uint32{2}, false, []byte("1")); !errors.Is(err,
			transport.ErrFull) {
			t.Fatalf("an event overtook those that wait: %v", err)
		}
		if err := p.Session.Eval("1"); err != nil {
			t.Fatalf("an eval behind events that wait: %v", err)
		}
		p.Stall(false)
		var got, want []string
		for i := range n {
			want = append(want, fmt.Sprint(i))
		}
		for i := range 20 {
			if i%5 != 3 {
				want = append(want, fmt.Sprint(i))
			}
		}
		for range want {
			ev, err := p.NextEvent()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, strings.TrimSpace(string(ev.Payload)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("events came as\n%v, want\n%v", got, want)
		}
		// Nobody waits any more, so an event goes at once.
		if err := p.Session.Event([]uint32{2}, false, []byte("1")); err != nil {
			t.Errorf("an event after the flood: %v", err)
		}
		// Those who wait at the session's end learn of it.
		synctest.Wait()
		p.Stall(true)
		fillEvents(t, p.Session)
		ended := make(chan error, 2)
		go func() {
			ended <- p.Session.EventContext(t.Context(), []uint32{1}, false, make([]byte, 1004))
		}()
		go func() {
			ended <- p.Session.EventContext(t.Context(), []uint32{1}, true, make([]byte, 100_000))
		}()
		synctest.Wait()
		p.Session.End("test")
		for range 2 {
			if err := <-ended; !errors.Is(err, transport.ErrClosed) {
				t.Errorf("waiting at the session's end: %v", err)
			}
		}
	})
}

// TestAbortedEvent: a large event whose context ends midway is taken back; lane 0 lives on.
func TestAbortedEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{ControlBytes: 64 << 10})
		p := openPage(t, e, transporttest.Config{})
		synctest.Wait()
		p.Stall(true)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- p.Session.EventContext(ctx, []uint32{1}, true, make([]byte, 500_000))
		}()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatalf("aborted event: %v", err)
		}
		p.Stall(false)
		if err := p.Session.EventContext(t.Context(), []uint32{2}, true,
			make([]byte, 400_000)); err != nil {
			t.Fatal(err)
		}
		if ev, err := p.NextEvent(); err != nil || len(ev.Payload) != 400_000 {
			t.Errorf("event of %d bytes, %v", len(ev.Payload), err)
		}
	})
}

// TestControlOrder: events and evals of eight goroutines, beside commands that emit, arrive in each
// one's order; a command's result is behind the events that it emitted.
func TestControlOrder(t *testing.T) {
	const emitters, each = 8, 2_000
	e := newEngine(t, transport.Options{ControlBytes: 64 << 10})
	transport.Handle(e, "emit", func(ctx context.Context, n int) (int, error) {
		s := transport.SessionFrom(ctx)
		for i := range 20 {
			if err := s.EventContext(ctx, []uint32{9}, false, fmt.Appendf(nil, "[%d,%d]", 1000+n,
				i)); err != nil {
				return 0, err
			}
		}
		return 1000 + n, nil
	})
	next := map[int]int{}
	var wrong []string
	see := func(what string, from, n int) {
		if next[from] != n && len(wrong) < 10 {
			wrong = append(wrong, fmt.Sprintf("%s %d of %d instead of %d", what, n, from,
				next[from]))
		}
		next[from]++
	}
	p := openPage(t, e, transporttest.Config{
		Faults: transporttest.Faults{Seed: 7, LoseRequest: 0.05, LoseAnswer: 0.05, CutAnswer: 0.05},
		Eval:   func(string) (any, error) { return nil, nil },
		Control: func(kind wire.Kind, id uint32, payload []byte) {
			var from, n int
			switch kind {
			case wire.Event, wire.Eval:
				if _, err := fmt.Sscanf(string(payload), "[%d,%d]", &from, &n); err != nil {
					wrong = append(wrong, fmt.Sprintf("%v %q", kind, payload))
				}
				see(kind.String(), from, n)
			case wire.Result:
				_, _ = fmt.Sscan(string(payload), &from)
				see("result", from, 20)
			}
		},
	})
	var wg sync.WaitGroup
	ctx := within(t)
	for from := range emitters {
		wg.Go(func() {
			for n := range each {
				text := fmt.Sprintf("[%d,%d]", from, n)
				var err error
				if n%100 == 99 {
					err = p.Session.EvalContext(ctx, text)
				} else {
					err = p.Session.EventContext(ctx, []uint32{uint32(from) + 1}, false,
						[]byte(text))
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for n := range 50 {
		wg.Go(func() {
			if _, err := p.Invoke(transporttest.Request{Command: "emit", Args: n}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := p.Session.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	p.Close()
	for from := range emitters {
		if next[from] != each {
			t.Errorf("%d of emitter %d came, want %d", next[from], from, each)
		}
	}
	for n := range 50 {
		if next[1000+n] != 21 {
			t.Errorf("command %d: %d of 20 events and a result came", n, next[1000+n])
		}
	}
	for _, w := range wrong {
		t.Error(w)
	}
}
