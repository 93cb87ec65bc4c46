package transport_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestUnreadMessagesAreFreed: what a handler has not received when it returns is not counted any
// more.
func TestUnreadMessagesAreFreed(t *testing.T) {
	e := newEngine(t, transport.Options{SessionBytes: 8 << 20, RingBytes: 64 << 10,
		Window: 1 << 20})
	transport.Handle(e, "s", func(ctx context.Context, a struct {
		S *transport.Stream[int, []byte]
	}) (int, error) {
		// takes the first message, then has enough
		_, err := a.S.Receive(ctx)
		return 1, err
	})
	p := openPage(t, e, transporttest.Config{})
	for i := range 30 {
		ch := p.NewChannel()
		c := p.Start(transporttest.Request{Command: "s", Args: map[string]any{"S": ch},
			Channels: []*transporttest.Channel{ch}})
		for range 20 {
			if err := ch.Send(wire.Bytes, make([]byte, 30_000)); err != nil {
				break
			}
		}
		if _, err := c.Wait(); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	st := p.Session.Stats()
	for ; st.Lanes > 0; st = p.Session.Stats() { // the page's closes are on their way
		runtime.Gosched()
	}
	if st.Memory > 4<<20 {
		t.Fatalf("no channel is open, but %d bytes are counted", st.Memory)
	}
}

// TestSlowReceiver: a page that sends large messages to a handler that does not receive waits; its
// session lives.
func TestSlowReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{
			SessionBytes: 16 << 20, Window: 1 << 20, RingBytes: 64 << 10, MaxMessage: 4 << 20,
		})
		transport.Handle(e, "s", func(ctx context.Context, a struct {
			S *transport.Stream[int, []byte]
		}) (int, error) {
			<-ctx.Done()
			return 1, nil
		})
		p, err := transporttest.Open(e, transporttest.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		ch := p.NewChannel()
		p.Start(transporttest.Request{Command: "s", Args: map[string]any{"S": ch},
			Channels: []*transporttest.Channel{ch}})
		go func() {
			for range 20 {
				if ch.Send(wire.Bytes, make([]byte, 2<<20)) != nil {
					return
				}
			}
		}()
		time.Sleep(time.Minute)
		if err := p.Session.Err(); err != nil {
			t.Fatalf("the window is 1 MiB, the receiver is slow, and the session ended: %v", err)
		}
		if used := p.Session.Stats().Memory; used > 12<<20 {
			t.Errorf("%d bytes are held for it", used)
		}
	})
}

// TestSessionBytesBoundFragments: unfinished messages on many lanes end the session at
// SessionBytes.
func TestSessionBytesBoundFragments(t *testing.T) {
	e := newEngine(t, transport.Options{
		SessionBytes: 4 << 20, Window: 256 << 10, MaxBatch: 64 << 10, ControlBytes: 64 << 10,
		RingBytes: 16 << 10, MaxMessage: 2 << 20,
	})
	transport.Handle(e, "raw", func(ctx context.Context, b []byte) (int, error) {
		return len(b), nil
	})
	s0, _ := rawSession(t, e)
	s := &receipting{raw: s0}
	n := uint64(0)
	seq := uint64(0)
	begin := func(total int) wire.Frame {
		p := make([]byte, wire.BeginSize+40000)
		wire.PutBegin(p, total, wire.Bytes)
		return wire.Frame{Kind: wire.Begin, Payload: p}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	total := 0
	for lane := uint32(1); lane < 100; lane += 2 {
		n++
		a := s.exchange(upBatch(wire.Header{Number: n},
			run(0, seq, invokeFrame(lane,
				fmt.Sprintf(`{"cmd":"raw","body":"lane","lane":%d,"length":2000000}`, lane), "")),
			run(lane, 0, begin(2000000))))
		if a.status == http.StatusGone {
			t.Logf("refused: %s", a.body)
			return
		}
		seq++
		total += 40000
		for i := uint64(1); i < 48; i++ {
			n++
			a := s.exchange(upBatch(wire.Header{Number: n},
				run(lane, i, wire.Frame{Kind: wire.Middle, Payload: make([]byte, 40000)})))
			if a.status == http.StatusGone {
				t.Logf("refused: %s", a.body)
				return
			}
			total += 40000
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Fatalf("SessionBytes is 4 MiB; the page made Go hold %d MB (heap %d MB more), Stats.Memory "+
		"%d, session %v", total>>20, (after.HeapAlloc-before.HeapAlloc)>>20, s.Stats().Memory,
		s.Err())
}

// TestBodyLanesAreBounded: a page that never closes the lanes of its raw bodies is stopped.
func TestBodyLanesAreBounded(t *testing.T) {
	e := newEngine(t, transport.Options{Lanes: 4, Pending: 4})
	transport.Handle(e, "raw", func(ctx context.Context, b []byte) (int, error) {
		return len(b), nil
	})
	s0, _ := rawSession(t, e)
	s := &receipting{raw: s0}
	for i := uint32(0); i < 1000; i++ {
		lane := 2*i + 1
		a := s.exchange(upBatch(wire.Header{Number: uint64(i + 1)},
			run(0, uint64(i), invokeFrame(i+1,
				fmt.Sprintf(`{"cmd":"raw","body":"lane","lane":%d,"length":1}`, lane), "")),
			run(lane, 0, wire.Frame{Kind: wire.Bytes, Payload: []byte{1}})))
		if a.status == http.StatusGone {
			t.Logf("refused at %d: %s", i, a.body)
			return
		}
		for s.Stats().Running > 2 {
			runtime.Gosched()
		}
	}
	t.Fatalf("Lanes is 4, the session has %d", s.Stats().Lanes)
}

// TestResultLanesAreBounded: so is a page that never closes the lanes of raw results.
func TestResultLanesAreBounded(t *testing.T) {
	const pending = 4
	e := newEngine(t, transport.Options{Pending: pending})
	transport.Handle(e, "raw", func(context.Context, struct{}) ([]byte, error) {
		return make([]byte, 70_000), nil
	})
	synctest.Test(t, func(t *testing.T) {
		u := openUp(t, e)
		for n := range uint32(2 * pending) {
			u.invoke(n+1, `{"cmd":"raw","body":"json"}`, "{}")
			synctest.Wait()
			u.receipt()
		}
		if st := u.s.Stats(); st.Lanes != 2*pending || st.Running != 0 || u.s.Err() != nil {
			t.Fatalf("%d lanes, %d running, session %v", st.Lanes, st.Running, u.s.Err())
		}
		// A page that closes one of them may go on.
		u.send(2, wire.Frame{Kind: wire.Close})
		synctest.Wait()
		u.receipt()
		u.invoke(100, `{"cmd":"raw","body":"json"}`, "{}")
		synctest.Wait()
		if err := u.s.Err(); err != nil {
			t.Fatal(err)
		}
		u.receipt()
		u.invoke(101, `{"cmd":"raw","body":"json"}`, "{}")
		synctest.Wait()
		var rule *wire.RuleError
		if err := u.s.Err(); !errors.As(err, &rule) || !strings.Contains(rule.Rule, "raw results") {
			t.Errorf("%d lanes of raw results are open, and the session ended with %v", 2*pending+1,
				err)
		}
	})
}

// TestResultLanesAreNotThePages: lanes of raw results do not count as the page's channels.
func TestResultLanesAreNotThePages(t *testing.T) {
	e := newEngine(t, transport.Options{Lanes: 2})
	transport.Handle(e, "raw", func(ctx context.Context, _ struct{}) ([]byte, error) {
		return make([]byte, 70_000), nil
	})
	transport.Handle(e, "c", func(ctx context.Context, a struct{ C *transport.Channel[int] }) (int,
		error) {
		return 1, nil
	})
	s, _ := rawSession(t, e)
	var frames []wire.Frame
	for i := uint32(1); i <= 4; i++ {
		frames = append(frames, invokeFrame(i, `{"cmd":"raw","body":"json"}`, "{}"))
	}
	s.exchange(upBatch(wire.Header{Number: 1}, run(0, 0, frames...)))
	for s.Stats().Lanes < 4 {
		runtime.Gosched()
	}
	a := s.exchange(upBatch(wire.Header{
		Number: 2,
	}, run(0, 4, invokeFrame(5, `{"cmd":"c","channels":[1],"body":"json"}`,
		`{"C":"__CHANNEL__:1"}`))))
	if a.status == http.StatusGone {
		t.Fatalf("the page opened one channel of two: %s", a.body)
	}
}

// TestCancelledCommandOfAnUnreadChannel: a cancelled command does not wait for the reader of its
// channel.
func TestCancelledCommandOfAnUnreadChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{Pending: 1, Window: 64 << 10, MaxBatch: 16 << 10})
		transport.Handle(e, "c", func(ctx context.Context,
			a struct{ C *transport.Channel[[]byte] }) (int, error) {
			for range 100 {
				if err := a.C.Send(ctx, make([]byte, 1000)); err != nil {
					return 0, err
				}
			}
			return 1, nil
		})
		transport.Handle(e, "f", func(ctx context.Context, _ struct{}) (int, error) {
			return 1, nil
		})
		p, err := transporttest.Open(e, transporttest.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		ch := p.NewChannel()
		c := p.Start(transporttest.Request{Command: "c", Args: map[string]any{"C": ch},
			Channels: []*transporttest.Channel{ch}})
		time.Sleep(time.Second)
		c.Cancel()
		time.Sleep(time.Hour)
		if _, err := p.Invoke(transporttest.Request{Command: "f", Args: struct{}{}}); err != nil {
			t.Errorf("an hour after the only command returned and was cancelled: %v; running %d",
				err, p.Session.Stats().Running)
		}
	})
}

// TestResultAtTheLimit: a result or error that is too large is answered with an error.
func TestResultAtTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{MaxMessage: 1 << 10})
		transport.Handle(e, "r", func(ctx context.Context, n int) (string, error) {
			return strings.Repeat("x", n), nil
		})
		transport.Handle(e, "e", func(ctx context.Context, n int) (string, error) {
			return "", &transport.Error{Code: "x", Message: strings.Repeat("x", n)}
		})
		p, err := transporttest.Open(e, transporttest.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		a := p.Start(transporttest.Request{Command: "r", Args: 1020})
		b := p.Start(transporttest.Request{Command: "e", Args: 2000})
		time.Sleep(time.Hour)
		synctest.Wait()
		if !a.Done() || !b.Done() {
			t.Errorf("after an hour: result came %v, error came %v", a.Done(), b.Done())
		}
	})
}

// TestSmallestSessions: options with which nothing could be sent are refused, and small ones work.
func TestSmallestSessions(t *testing.T) {
	if _, err := transport.NewEngine(transport.Options{SessionBytes: 1 << 20}); err == nil {
		t.Error("a session too small for lane 0 is accepted")
	}
	for _, o := range []transport.Options{
		{SessionBytes: 3 << 20}, {SessionBytes: 2 << 20, ControlBytes: 64 << 10},
		{SessionBytes: 8 << 20, ControlBytes: 64 << 10, RingBytes: 16 << 20},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := newEngine(t, o)
			transport.Handle(e, "c", func(ctx context.Context,
				a struct{ C *transport.Channel[int] }) (int, error) {
				return 1, a.C.Send(ctx, 1)
			})
			p, err := transporttest.Open(e, transporttest.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			ch := p.NewChannel()
			c := p.Start(transporttest.Request{Command: "c", Args: map[string]any{"C": ch},
				Channels: []*transporttest.Channel{ch}})
			time.Sleep(time.Minute)
			synctest.Wait()
			if !c.Done() {
				t.Errorf("%d: the only call of the session never gets an answer; Eval: %v",
					o.SessionBytes, p.Session.Eval("1"))
				return
			}
			if _, err := c.Wait(); err != nil {
				t.Errorf("%d: %v", o.SessionBytes, err)
			}
		})
	}
}

// receipting gives receipts for what came as the answer of the only post slot.
type receipting struct {
	*raw
	have uint64
}

func (s *receipting) exchange(b []byte) rawAnswer {
	binary.LittleEndian.PutUint64(b[16:], s.have)
	a := s.raw.exchange(b)
	if a.status == http.StatusOK {
		d, err := wire.Decode(a.body, wire.Down)
		if err == nil {
			s.have = max(s.have, d.Number)
		}
	}
	return a
}
