package carriertest

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// grabber registers a command that hands its channels to the case and returns.
func grabber(e *transport.Engine, to chan args) {
	transport.Handle(e, "grab", func(_ context.Context, a args) (int, error) {
		for _, c := range a.C {
			c.Keep()
		}
		for _, s := range a.S {
			s.Keep()
		}
		to <- a
		return 0, nil
	})
}

// grab calls that command.
func (st *stand) grab(a pageArgs, from chan args) args {
	st.t.Helper()
	if _, err := st.page.Invoke(request("grab", a)); err != nil {
		st.t.Fatal(err)
	}
	return <-from
}

// fill sends on a channel until no more is taken for a while, and gives how many messages there
// were.
func (st *stand) fill(c *transport.Channel[[]byte], size int) (n int) {
	st.t.Helper()
	r := random(0)
	for full := 0; full < 50; {
		switch err := c.TrySend(message(r, 0, n, size)); {
		case err == nil:
			n, full = n+1, 0
		case errors.Is(err, transport.ErrFull):
			full++
			time.Sleep(time.Millisecond)
		default:
			st.t.Fatalf("message %d: %v", n, err)
		}
	}
	return n
}

// flowing are options by which little is on its way.
var flowing = transport.Options{RingBytes: 64 << 10, MaxBatch: 32 << 10, Window: 128 << 10}

// most is how many messages of a size may be on their way to a page that takes none, with what
// fragments and headers take.
func most(o transport.Options, size int) int { return 2 * (o.RingBytes + o.Window) / size }

// A channel whose messages the page does not take fills up, and holds up nobody else.
func pageDoesNotRead(t testing.TB, s Setup) {
	const size = 1000
	grabbed := make(chan args, 1)
	st := open(t, s, flowing, func(e *transport.Engine) { grabber(e, grabbed) }, nil)
	cs := st.channels(2)
	got := st.grab(pageArgs{C: cs}, grabbed)
	n := st.fill(got.C[0], size)
	if n > most(flowing, size) {
		t.Errorf("%d messages of %d bytes are on their way to a page that reads none", n, size)
	}
	blocked := make(chan error, 1)
	go func() { blocked <- got.C[0].Send(st.soon(), message(random(1), 1, 0, size)) }()
	const others = 100
	sent := make(chan error, 1)
	go func() {
		sent <- produce(1, others, func(b []byte) error { return got.C[1].Send(st.soon(), b) })
	}()
	if err := read(cs[1], others); err != nil {
		t.Errorf("beside it: %v", err)
	}
	if err := <-sent; err != nil {
		t.Errorf("beside it: %v", err)
	}
	if err := read(cs[0], n+1); err != nil { // the last one is of producer 1
		t.Error(err)
	}
	if err := <-blocked; err != nil {
		t.Errorf("the send that waited: %v", err)
	}
	got.C[0].Close()
	got.C[1].Close()
	st.each(cs, ends)
}

// A page that does nothing at all for a while gets everything behind it.
func pageStandsStill(t testing.TB, s Setup) {
	const size = 1000
	grabbed := make(chan args, 1)
	st := open(t, s, flowing, func(e *transport.Engine) { grabber(e, grabbed) }, nil)
	for range 3 {
		cs := st.channels(1)
		got := st.grab(pageArgs{C: cs}, grabbed)
		st.page.Stall(true)
		n := st.fill(got.C[0], size)
		if n > most(flowing, size) {
			t.Errorf("%d messages of %d bytes are on their way to a page that stands still",
				n, size)
		}
		st.page.Stall(false)
		if err := read(cs[0], n); err != nil {
			t.Fatal(err)
		}
		got.C[0].Close()
		if err := ends(cs[0]); err != nil {
			t.Fatal(err)
		}
	}
}

// A page whose messages Go does not take waits with them, and goes on when Go does.
func goDoesNotRead(t testing.TB, s Setup) {
	const size, all = 1000, 600
	grabbed := make(chan args, 1)
	st := open(t, s, flowing, func(e *transport.Engine) { grabber(e, grabbed) }, nil)
	cs := st.channels(2)
	got := st.grab(pageArgs{S: cs}, grabbed)
	var sent atomic.Int64
	done := make(chan error, 1)
	go func() {
		r := random(0)
		for n := range all {
			if err := cs[0].Send(bytesKind, message(r, 0, n, size)); err != nil {
				done <- err
				return
			}
			sent.Add(1)
		}
		done <- nil
	}()
	for last, same := int64(0), 0; same < 50; time.Sleep(time.Millisecond) {
		if n := sent.Load(); n == last && n > 0 {
			same++
		} else {
			last, same = n, 0
		}
	}
	if n := int(sent.Load()); n > most(flowing, size) {
		t.Errorf("the page has sent %d messages of %d bytes, and Go has received none", n, size)
	}
	const others = 50
	go func() {
		for n := range others {
			if err := cs[1].Send(bytesKind, message(random(1), 0, n, size)); err != nil {
				t.Errorf("beside it, message %d: %v", n, err)
				return
			}
		}
	}()
	receive := func(s *stream, count int) {
		o := order{}
		for n := range count {
			m, err := s.Receive(st.soon())
			if err == nil {
				err = o.check(m)
			}
			if err != nil {
				t.Errorf("message %d of %d in Go: %v", n, count, err)
				return
			}
		}
	}
	receive(got.S[1], others)
	receive(got.S[0], all)
	if err := <-done; err != nil {
		t.Errorf("the page's send: %v", err)
	}
	got.S[0].Close()
	got.S[1].Close()
	st.each(cs, ends)
}

// A session on which nothing happens for some time works as before.
func quietTime(t testing.TB, s Setup) {
	const hold = 50 * time.Millisecond
	o := transport.Options{Hold: hold}
	st := open(t, s, o, func(e *transport.Engine) {
		transport.Handle(e, "id", func(_ context.Context, n int) (int, error) { return n, nil })
	}, nil)
	for n := range 4 {
		r, err := st.page.Invoke(transporttest.Request{Command: "id", Args: n})
		if err != nil || string(r.Data) != strconv.Itoa(n) {
			t.Fatalf("after %d quiet times: %v, %v", n, r, err)
		}
		time.Sleep(5 * hold)
	}
}
