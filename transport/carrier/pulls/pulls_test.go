package pulls

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/apitest"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

func newEngine(t testing.TB) *transport.Engine {
	t.Helper()
	e, err := transport.NewEngine(transport.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// invoke is the frame that calls a command.
func invoke(id uint32, envelope, body string) wire.Frame {
	p := binary.LittleEndian.AppendUint32(nil, id)
	p = binary.LittleEndian.AppendUint32(p, uint32(len(envelope)))
	return wire.Frame{Kind: wire.Invoke, Payload: append(append(p, envelope...), body...)}
}

// port is a session that leaves everything for another goroutine when heavy is set.
type port struct {
	heavy    bool
	tried    int
	received chan int
}

func (p *port) Receive(up []byte) (transport.Received, error) {
	p.received <- len(up)
	return transport.Received{}, errors.New("over")
}

func (p *port) TryReceive([]byte) (transport.Received, bool, error) {
	p.tried++
	return transport.Received{}, !p.heavy, errors.New("over")
}

func (p *port) Wake()                {}
func (p *port) Lost(uint64)          {}
func (p *port) LostAll()             {}
func (p *port) Settled()             {}
func (p *port) Fail(error)           {}
func (p *port) HoldRequest(int) bool { return true }
func (p *port) LetRequestGo(int)     {}

var _ transport.Port = (*port)(nil)

// TestRequestLeavesWork: Request itself takes short requests only, and of these only what the
// session takes at once.
func TestRequestLeavesWork(t *testing.T) {
	p := &port{received: make(chan int)}
	c := New("memory")
	c.Bind(p, newEngine(t).Options())
	defer c.Close(&transport.ClosedError{Reason: "test is over"})
	for _, r := range []struct {
		n     int
		heavy bool
		tried int
	}{{1000, false, 1}, {1000, true, 1}, {100_000, false, 0}} {
		p.heavy, p.tried = r.heavy, 0
		answered := make(chan int, 1)
		c.Request(make([]byte, r.n), func(a Answer) { answered <- a.Status })
		if p.tried != r.tried {
			t.Errorf("request %+v: tried %d times", r, p.tried)
		}
		if r.heavy || r.tried == 0 {
			if n := <-p.received; n != r.n {
				t.Errorf("request %+v: %d bytes received", r, n)
			}
		}
		<-answered
	}
}

// TestInboxRequests: so many requests wait to be handled; the next is answered at once, with status
// 429.
func TestInboxRequests(t *testing.T) {
	p := New("test")
	p.port = new(port) // and nobody serves
	for n := range inboxRequests + 2 {
		status := 0
		p.Request(make([]byte, smallRequest+1), func(a Answer) { status = a.Status })
		if want := n >= inboxRequests; want != (status == http.StatusTooManyRequests) || !want &&
			status != 0 {
			t.Errorf("request %d of %d: status %d", n+1, inboxRequests, status)
		}
	}
}

// TestRelease: held requests are answered with their receipts, and later ones are held as before.
func TestRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		transport.Handle(e, "wait", func(ctx context.Context, _ struct{}) (int, error) {
			<-ctx.Done()
			return 1, nil
		})
		c := New("memory")
		s, err := e.Open(transport.SessionConfig{Carrier: c})
		if err != nil {
			t.Fatal(err)
		}
		defer s.End("test is over")
		answers := make(chan Answer, 8)
		request := func(h wire.Header, runs ...[]byte) {
			b := wire.AppendHeader(nil, &h)
			for _, r := range runs {
				b = append(b, r...)
			}
			c.Request(wire.Finish(b), func(a Answer) { answers <- a })
			synctest.Wait()
		}
		request(wire.Header{Slot: 0, Request: 1, Hold: 20_000})
		request(wire.Header{Slot: 1, Request: 1, Hold: 20_000, Number: 1},
			wire.AppendRun(nil, 0, 0, invoke(1, `{"cmd":"wait","body":"json"}`, "{}")))
		if len(answers) != 0 || !c.Ready() {
			t.Fatalf("%d answers", len(answers))
		}
		c.Release()
		synctest.Wait()
		if len(answers) != 2 || c.Ready() {
			t.Fatalf("%d of 2 requests were answered", len(answers))
		}
		if a := <-answers; a.Status != http.StatusNoContent {
			t.Errorf("pull: %+v", a)
		}
		a := <-answers
		if d, err := wire.Decode(a.Body[0], wire.Down); err != nil || a.Status != http.StatusOK ||
			d.Number != 0 || d.Receipt != 1 {
			t.Errorf("pull with a batch: %+v, %v", d, err)
		}
		request(wire.Header{Slot: 0, Request: 2, Hold: 20_000})
		if err := s.Eval("1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if len(answers) != 1 || (<-answers).Status != http.StatusOK || s.Stats().Resent != 0 {
			t.Error("a request after Release is not answered with data")
		}
	})
}

// TestRequestNumbersWrap: a slot's requests go on behind number 2^32-1, and are held as those
// before; a late copy is known as one.
func TestRequestNumbersWrap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New("wrap")
		s, err := newEngine(t).Open(transport.SessionConfig{Carrier: p})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { s.End("the test is over"); synctest.Wait() }()
		answers := map[uint32]int{}
		pull := func(request uint32) {
			h := &wire.Header{Slot: 1, Request: request, Hold: 20_000}
			p.Request(wire.Finish(wire.AppendHeader(nil, h)), func(Answer) { answers[request]++ })
			synctest.Wait()
		}
		for _, request := range []uint32{1, 1 << 30, 2 << 30, 3 << 30, 1<<32 - 2, 1<<32 - 1, 0, 1,
			2} {
			clear(answers)
			if pull(request); answers[request] != 0 {
				t.Errorf("request %d is not held", request)
			}
		}
		for _, late := range []uint32{1, 0, 1<<32 - 1} {
			clear(answers)
			if pull(late); answers[late] != 1 || answers[2] != 0 {
				t.Errorf("the late copy of request %d: answers %v", late, answers)
			}
		}
	})
}

// TestNilArguments: nil where a value is meant is an error that says so, or has a sensible meaning.
// No function takes a context.
func TestNilArguments(t *testing.T) {
	apitest.Each(t, ".", []string{"context.Context"}, map[string]func() error{}, nil)
	apitest.Each(t, ".", apitest.Nilable, map[string]func() error{
		"Carrier.Close": func() error {
			New("test").Close(nil)
			return nil
		},
		"Carrier.Request": func() error {
			c := New("test")
			s, err := newEngine(t).Open(transport.SessionConfig{Carrier: c})
			if err != nil {
				return err
			}
			defer s.End("test is over")
			c.Request([]byte("no batch"), nil)
			return nil
		},
		"Carrier.Deliver": func() error { return nil }, // the session's, which has a batch
	}, func(t *testing.T, f func() error) { apitest.Forgiving(t, "pulls", f) })
}

// TestRequestBeforeBind: who asks a carrier that no session has is told so.
func TestRequestBeforeBind(t *testing.T) {
	var got Answer
	New("scheme").Request(nil, func(a Answer) { got = a })
	if got.Status != http.StatusGone || !strings.Contains(string(got.Body[0]), "Bind") {
		t.Errorf("status %d, %s", got.Status, got.Body)
	}
}
