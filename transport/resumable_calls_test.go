package transport_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/history"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// oddStore is a store of which a test replaces methods; of the others a Memory's are called.
type oddStore struct {
	m      *history.Memory
	append func(ctx context.Context, message []byte, placed func()) (uint64, error)
	read   func(ctx context.Context, epoch, from uint64, b *history.Block) error
	state  func(ctx context.Context) (history.State, error)
	watch  func(notify func()) (stop func())
}

func (s *oddStore) Append(ctx context.Context, m []byte, placed func()) (uint64, error) {
	if s.append != nil {
		return s.append(ctx, m, placed)
	}
	return s.m.Append(ctx, m, placed)
}

func (s *oddStore) Read(ctx context.Context, epoch, from uint64, b *history.Block) error {
	if s.read != nil {
		return s.read(ctx, epoch, from, b)
	}
	return s.m.Read(ctx, epoch, from, b)
}

func (s *oddStore) State(ctx context.Context) (history.State, error) {
	if s.state != nil {
		return s.state(ctx)
	}
	return s.m.State(ctx)
}

func (s *oddStore) Watch(notify func()) func() {
	if s.watch != nil {
		return s.watch(notify)
	}
	return s.m.Watch(notify)
}

// over makes a channel over a store that is odd in some way.
func over(t *testing.T, e *transport.Engine, s *oddStore) *transport.Resumable[[]byte] {
	t.Helper()
	s.m = newMemory(t, 1<<20)
	return newResumable[[]byte](t, e, "flow", transport.ResumableOptions{Store: s})
}

// TestAppendCallsBack: a store may call its channel from Append: no lock of the channel is held.
func TestAppendCallsBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		s := &oddStore{}
		ch := over(t, e, s)
		inner := make(chan error, 1)
		s.append = func(ctx context.Context, m []byte, placed func()) (uint64, error) {
			switch string(m) {
			case "figures":
				if st := ch.Stats(); st.Waiting != 1 || len(e.Resumables()) != 1 {
					t.Errorf("figures %+v", st)
				}
			case "send":
				// Its turn comes when this Append is over: it does not wait for that here.
				soon, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				if err := ch.Send(soon, []byte("x")); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("a Send within an Append: %v", err)
				}
				go func() { inner <- ch.Send(t.Context(), []byte("inner")) }()
			case "placed":
				placed()
				placed()
				if err := ch.Send(ctx, []byte("behind")); err != nil {
					t.Errorf("a Send behind placed: %v", err)
				}
			case "close":
				ch.Close()
				if err := ch.Send(ctx, []byte("x")); !errors.Is(err, transport.ErrClosed) {
					t.Errorf("a Send on what is closed: %v", err)
				}
			}
			return s.m.Append(context.Background(), m, placed)
		}
		for _, m := range []string{"figures", "send", "placed", "close"} {
			if err := ch.Send(t.Context(), []byte(m)); err != nil {
				t.Errorf("%s: %v", m, err)
			}
			synctest.Wait()
		}
		if err := <-inner; err != nil {
			t.Error(err)
		}
		p := openPage(t, e, transporttest.Config{})
		c := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
		for _, want := range []string{"figures", "send", "inner", "behind", "placed", "close"} {
			if m, err := c.Next(); err != nil || string(m.Data) != want {
				t.Errorf("%q, %v, want %s", m.Data, err, want)
			}
		}
		if _, err := c.Next(); !errors.Is(err, transporttest.ErrChannelClosed) {
			t.Error(err)
		}
		stats(t, ch)
	})
}

// TestBlockedAppend: an Append that blocks holds up nothing but Sends.
func TestBlockedAppend(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		s := &oddStore{}
		ch := over(t, e, s)
		sendNumbered(t, ch, 10)
		heeds, lets := true, make(chan struct{})
		s.append = func(ctx context.Context, m []byte, placed func()) (uint64, error) {
			if heeds {
				<-ctx.Done()
				return 0, fmt.Errorf("gone: %w", context.Cause(ctx))
			}
			<-lets
			return s.m.Append(context.Background(), m, placed)
		}
		results := make(chan error, 3)
		for range cap(results) {
			go func() { results <- ch.Send(t.Context(), numberedMessage(11)) }()
			synctest.Wait()
		}
		if st := ch.Stats(); st.Waiting != 3 || st.Newest != 10 {
			t.Errorf("figures %+v", st)
		}
		p := openPage(t, e, transporttest.Config{})
		mustResume(t, p, resumeArgs{Name: "flow"}, 1).want(10)
		p.Close()
		synctest.Wait()
		if n := len(ch.Stats().Readers); n != 0 {
			t.Errorf("%d readers", n)
		}
		other := newResumable[[]byte](t, e, "other", transport.ResumableOptions{})
		sendNumbered(t, other, 10)
		p = openPage(t, e, transporttest.Config{})
		mustResume(t, p, resumeArgs{Name: "other"}, 1).want(10)
		ch.Close()
		for range cap(results) {
			if err := <-results; !errors.Is(err, transport.ErrClosed) {
				t.Errorf("who waits gets %v", err)
			}
		}
		ch.Discard()

		// One that does not heed its context keeps its Send; its message comes before the end.
		heeds = false
		ch = over(t, e, s)
		go func() { results <- ch.Send(t.Context(), numberedMessage(1)) }()
		synctest.Wait()
		c := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
		ch.Close()
		synctest.Wait()
		close(lets)
		if err := <-results; err != nil {
			t.Error(err)
		}
		c.want(1)
		if _, err := c.Next(); !errors.Is(err, transporttest.ErrChannelClosed) {
			t.Error(err)
		}
	})
}

// TestAppendsInOrder: Sends get in by the order of their calls, one at a time; behind placed, side
// by side.
func TestAppendsInOrder(t *testing.T) {
	for _, places := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			const calls = 20
			s := &oddStore{}
			ch := over(t, newEngine(t, transport.Options{}), s)
			under, most := 0, 0
			var mu sync.Mutex
			s.append = func(ctx context.Context, m []byte, placed func()) (uint64, error) {
				mu.Lock()
				under++
				most = max(most, under)
				n, err := s.m.Append(ctx, m, nil)
				mu.Unlock()
				if places {
					placed()
				}
				time.Sleep(time.Second) // until the acknowledgement
				mu.Lock()
				under--
				mu.Unlock()
				return n, err
			}
			begun := time.Now()
			var sending sync.WaitGroup
			for n := range calls {
				sending.Go(func() {
					if err := ch.Send(t.Context(), []byte{byte(n)}); err != nil {
						t.Error(err)
					}
				})
				synctest.Wait()
			}
			sending.Wait()
			took, wantMost, wantTook := time.Since(begun), 1, calls*time.Second
			if places {
				wantMost, wantTook = calls, time.Second
			}
			if most != wantMost || took != wantTook {
				t.Errorf("placed %v: %d at once in %v, want %d in %v", places, most, took, wantMost,
					wantTook)
			}
			var b history.Block
			if err := s.m.Read(t.Context(), s.m.Now().Epoch, 1, &b); err != nil {
				t.Fatal(err)
			}
			for n := range calls {
				if _, m, ok := b.Next(); !ok || m[0] != byte(n) {
					t.Fatalf("message %d is %v", n, m)
				}
			}
		})
	}
}

// TestSendErrors: what a store gives reaches the caller of Send, who can tell what it was.
func TestSendErrors(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := &oddStore{}
		ch := over(t, newEngine(t, transport.Options{}), s)
		var gives error
		s.append = func(ctx context.Context, _ []byte, _ func()) (uint64, error) {
			if gives == nil {
				<-ctx.Done()
				return 0, ctx.Err()
			}
			return 0, gives
		}
		for _, c := range []struct{ gives, is, not error }{
			{errFar, errFar, transport.ErrTooLarge},
			{errFar, transport.ErrStore, transport.ErrClosed},
			{fmt.Errorf("far: %w", history.ErrTooLarge), transport.ErrTooLarge, transport.ErrStore},
			{history.ErrUncertain, history.ErrUncertain, transport.ErrClosed},
			{nil, context.DeadlineExceeded, transport.ErrStore},
		} {
			gives = c.gives
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			err := ch.Send(ctx, []byte("x"))
			cancel()
			if !errors.Is(err, c.is) || errors.Is(err, c.not) {
				t.Errorf("the store gives %v, Send %v", c.gives, err)
			}
			if c.is == transport.ErrStore && !strings.Contains(err.Error(), `"flow"`) {
				t.Errorf("%v does not name the channel", err)
			}
		}
		gives = nil
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		if err := ch.Send(ctx, []byte("x")); !errors.Is(err, cause) {
			t.Errorf("the cause is %v", err)
		}
		if err := ch.TrySend([]byte("x")); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("TrySend gives %v", err)
		}
	})
}

// TestStoresThatPanic: a store whose methods panic, or end the goroutine, is an error of who
// called; the channel lives on.
func TestStoresThatPanic(t *testing.T) {
	for _, exits := range []bool{false, true} {
		t.Run(fmt.Sprint("exits ", exits), func(t *testing.T) {
			inBubble(t, func(t *testing.T) { storePanics(t, exits) })
		})
	}
}

func storePanics(t *testing.T, exits bool) {
	e := newEngine(t, transport.Options{})
	s := &oddStore{}
	bad := false
	mayFail := func() {
		if bad && exits {
			runtime.Goexit()
		}
		if bad {
			panic("the store is broken")
		}
	}
	s.append = func(ctx context.Context, m []byte, placed func()) (uint64, error) {
		mayFail()
		return s.m.Append(ctx, m, placed)
	}
	s.state = func(ctx context.Context) (history.State, error) {
		mayFail()
		return s.m.State(ctx)
	}
	s.read = func(ctx context.Context, epoch, from uint64, b *history.Block) error {
		mayFail()
		return s.m.Read(ctx, epoch, from, b)
	}
	ch := over(t, e, s)
	p := openPage(t, e, transporttest.Config{})
	sendNumbered(t, ch, 5)
	c := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
	c.want(5)
	synctest.Wait()
	bad = true
	sent := make(chan error, 1)
	go func() {
		defer close(sent)
		sent <- ch.Send(t.Context(), numberedMessage(6))
	}()
	if err, ok := <-sent; ok != !exits || ok && !errors.Is(err, transport.ErrStore) {
		t.Errorf("Send gives %v", err)
	}
	ch.Stats()
	synctest.Wait()
	if _, err := resume(t, p, resumeArgs{Name: "flow"}); err == nil {
		t.Error("a page has attached")
	}
	if _, err := s.m.Append(t.Context(), numberedMessage(6), nil); err != nil { // it is noticed
		t.Fatal(err)
	}
	_, err := c.Next()
	wantCode(t, err, transport.CodeStore)
	bad = false
	synctest.Wait() // its pump ends behind its channel
	if n := len(ch.Stats().Readers); n != 0 {
		t.Errorf("%d readers are attached", n)
	}
	if err := ch.Send(t.Context(), numberedMessage(7)); err != nil {
		t.Fatal(err)
	}
	mustResume(t, p, resumeArgs{Name: "flow", From: "oldest"}, 1).want(7)
	ch.Discard()
}
