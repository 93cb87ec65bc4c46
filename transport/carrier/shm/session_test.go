//go:build linux && (amd64 || arm64)

package shm

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
	"golang.org/x/sys/unix"
)

func newEngine(t testing.TB, o transport.Options) *transport.Engine {
	t.Helper()
	o.Logger = quiet
	e, err := transport.NewEngine(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// grabber registers a command whose channels come through the Go channel.
func grabber(e *transport.Engine) chan *transport.Channel[[]byte] {
	type args struct{ Ch *transport.Channel[[]byte] }
	got := make(chan *transport.Channel[[]byte], 1)
	transport.Handle(e, "grab", func(_ context.Context, a args) (bool, error) {
		a.Ch.Keep()
		got <- a.Ch
		return true, nil
	})
	return got
}

func grab(t testing.TB, p *transporttest.Page,
	got chan *transport.Channel[[]byte]) (*transporttest.Channel, *transport.Channel[[]byte]) {
	t.Helper()
	ch := p.NewChannel()
	if _, err := p.Invoke(transporttest.Request{Command: "grab", Args: map[string]any{"Ch": ch},
		Channels: []*transporttest.Channel{ch}}); err != nil {
		t.Fatal(err)
	}
	return ch, <-got
}

// numbered is message i of a channel, of a length that depends on i.
func numbered(channel, i, size int) []byte {
	b := make([]byte, 16+size)
	binary.LittleEndian.PutUint64(b, uint64(channel))
	binary.LittleEndian.PutUint64(b[8:], uint64(i))
	for j := range b[16:] {
		b[16+j] = byte(i + j)
	}
	return b
}

// stream sends n messages on each of several channels, and checks the order in the page. between is
// called by the page's goroutine of channel 0 when it has half of them.
func stream(t *testing.T, s *shared, got chan *transport.Channel[[]byte], channels, n int,
	size func(i int) int, between func()) {
	t.Helper()
	var all sync.WaitGroup
	for c := range channels {
		page, ch := grab(t, s.Page, got)
		all.Go(func() {
			for i := range n {
				if err := ch.Send(soon(t), numbered(c, i, size(i))); err != nil {
					t.Errorf("channel %d, send %d: %v", c, i, err)
					return
				}
			}
			ch.Close()
		})
		all.Go(func() {
			for i := range n {
				m, err := page.Next()
				if err != nil {
					t.Errorf("channel %d, message %d: %v", c, i, err)
					return
				}
				if !bytes.Equal(m.Data, numbered(c, i, size(i))) {
					t.Errorf("channel %d: message %d is another: %d bytes, number %d", c, i,
						len(m.Data), binary.LittleEndian.Uint64(m.Data[8:]))
					return
				}
				if c == 0 && i == n/2 && between != nil {
					between()
				}
			}
			if _, err := page.Next(); err != transporttest.ErrChannelClosed {
				t.Errorf("channel %d: after the last: %v", c, err)
			}
		})
	}
	all.Wait()
}

func mixed(i int) int {
	switch {
	case i%97 == 0:
		return 300 << 10
	case i%7 == 0:
		return 20 << 10
	}
	return i % 200
}

func TestOrder(t *testing.T) {
	e := newEngine(t, transport.Options{})
	got := grabber(e)
	s := openShared(t, e, Options{}, sizes{})
	s.attach(t)
	stream(t, s, got, 4, 1500, mixed, nil)
	if !s.carrier.Active() {
		t.Fatalf("the session left shared memory: %s", s.carrier.Reason())
	}
	if st := s.Session.Stats(); st.Carrier != "shm" || st.Resent != 0 || s.Stats().Repeats != 0 {
		t.Fatalf("%+v, %+v", st, s.Stats())
	}
	if s.apart == 0 {
		t.Fatal("no large frame came apart")
	}
}

// The page attaches while data flows over the pulls.
func TestAttachInMidStream(t *testing.T) {
	e := newEngine(t, transport.Options{})
	got := grabber(e)
	s := openShared(t, e, Options{}, sizes{})
	stream(t, s, got, 3, 600, mixed, func() { s.attach(t) })
	if !s.carrier.Active() {
		t.Fatalf("the session left shared memory: %s", s.carrier.Reason())
	}
}

func TestDownInMidStream(t *testing.T) {
	for name, end := range map[string]func(s *shared){
		"Go":      func(s *shared) { s.carrier.Down("test") },
		"process": func(s *shared) { _ = unix.Shutdown(descriptor(s.peer.socket), unix.SHUT_RDWR) },
		"page":    func(s *shared) { s.peer.state(pageFailed) },
		"hostile": func(s *shared) {
			s.peer.mu.Lock()
			defer s.peer.mu.Unlock()
			s.peer.over = true // no push puts it right
			word64(s.peer.up, upTail).Store(1 << 40)
			s.peer.ringGo()
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			got := grabber(e)
			s := openShared(t, e, Options{}, sizes{})
			s.attach(t)
			stream(t, s, got, 3, 600, mixed, func() { end(s) })
			eventually(t, "the session is on the pulls", func() bool {
				return s.Session.Stats().Carrier == "memory"
			})
			if s.Session.Err() != nil {
				t.Fatal(s.Session.Err())
			}
			t.Log(s.carrier.Reason(), s.Session.Stats().Resent)
		})
	}
}

// Page and Go send to each other, in order.
func TestBothWays(t *testing.T) {
	e := newEngine(t, transport.Options{})
	type args struct {
		S *transport.Stream[[]byte, []byte]
	}
	transport.Handle(e, "echo", func(ctx context.Context, a args) (int, error) {
		for i := 0; ; i++ {
			m, err := a.S.Receive(ctx)
			if err != nil {
				return i, nil
			}
			if err := a.S.Send(ctx, m); err != nil {
				return i, err
			}
		}
	})
	s := openShared(t, e, Options{}, sizes{up: 1 << 20})
	s.attach(t)
	ch := s.NewChannel()
	call := s.Start(transporttest.Request{Command: "echo", Args: map[string]any{"S": ch},
		Channels: []*transporttest.Channel{ch}})
	const n = 2000
	var sends sync.WaitGroup
	sends.Go(func() {
		for i := range n {
			if err := ch.Send(2, numbered(9, i, mixed(i))); err != nil {
				t.Errorf("send %d: %v", i, err)
				return
			}
		}
	})
	for i := range n {
		m, err := ch.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.Data, numbered(9, i, mixed(i))) {
			t.Fatalf("message %d is another", i)
		}
	}
	sends.Wait()
	ch.Close()
	if r, err := call.Wait(); err != nil || string(r.Data) != fmt.Sprint(n) {
		t.Fatal(r, err)
	}
	if !s.carrier.Active() {
		t.Fatal(s.carrier.Reason())
	}
}
