package transport_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/history"
)

// TestSendErrorsOfHistory: an error of package history that means something to a channel is taken
// for that where the store says so, and not where it is the cause of a context.
func TestSendErrorsOfHistory(t *testing.T) {
	meanings := map[error]error{
		history.ErrClosed: transport.ErrClosed, history.ErrFull: transport.ErrFull,
		history.ErrTooLarge: transport.ErrTooLarge,
	}
	waits := func(ctx context.Context, _ []byte, _ func()) (uint64, error) {
		<-ctx.Done()
		return 0, fmt.Errorf("the store gave up: %w", context.Cause(ctx))
	}
	for cause, meaning := range meanings {
		for name, o := range map[string]transport.ResumableOptions{
			"memory":       {HistoryBytes: history.MinMemory, WaitForReader: true},
			"app's memory": {Store: newMemory(t, history.MinMemory), WaitForReader: true},
			"far":          {Store: &oddStore{m: newMemory(t, history.MinMemory), append: waits}},
			"local": {
				Store: &brokenLocal{Memory: newMemory(t, history.MinMemory)}, WaitForReader: true,
			},
		} {
			inBubble(t, func(t *testing.T) {
				e := newEngine(t, transport.Options{})
				ch, err := transport.NewResumable[[]byte](e, "flow", o)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(cause) })
				for err == nil {
					err = ch.Send(ctx, noise(30_000))
				}
				if !errors.Is(err, cause) || errors.Is(err, meaning) || err.Error() == "" {
					t.Errorf("%s: the cause is %v, Send gives %v", name, cause, err)
				}
				ch.Discard()
			})
		}
	}
	for _, gives := range []error{history.ErrClosed, history.ErrFull} {
		e := newEngine(t, transport.Options{})
		ch := over(t, e, &oddStore{append: func(context.Context, []byte, func()) (uint64, error) {
			return 0, fmt.Errorf("far: %w", gives)
		}})
		if err := ch.Send(t.Context(), nil); !errors.Is(err, transport.ErrStore) ||
			!errors.Is(err, gives) || errors.Is(err, meanings[gives]) {
			t.Errorf("the store gives %v, Send %v", gives, err)
		}
	}
	e := newEngine(t, transport.Options{})
	ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{Store: &brokenLocal{
		Memory:   newMemory(t, history.MinMemory),
		appender: func(a history.Appender) history.Appender { a.Close(); return a },
	}})
	for _, err := range []error{ch.Send(t.Context(), nil), ch.TrySend(nil)} {
		if !errors.Is(err, transport.ErrStore) || errors.Is(err, transport.ErrClosed) {
			t.Errorf("the store has closed, not the channel: %v", err)
		}
	}
	ch.Close()
	if err := ch.Send(t.Context(), nil); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("the channel has closed: %v", err)
	}
}

// TestUncertainAtClose: a Send that the end of its channel interrupts says so, also when the store
// can't know what became of the message.
func TestUncertainAtClose(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ch := over(t, newEngine(t, transport.Options{}), &oddStore{
			append: func(ctx context.Context, _ []byte, _ func()) (uint64, error) {
				<-ctx.Done()
				return 0, history.ErrUncertain
			},
		})
		sent := make(chan error, 1)
		go func() { sent <- ch.Send(t.Context(), []byte("x")) }()
		synctest.Wait()
		ch.Close()
		if err := <-sent; !errors.Is(err, history.ErrUncertain) ||
			!errors.Is(err, transport.ErrClosed) {
			t.Error(err)
		}
	})
}

// TestTooLargeOnClosed: a message that is too large is that on a closed channel, too.
func TestTooLargeOnClosed(t *testing.T) {
	ch := newResumable[[]byte](t, newEngine(t, transport.Options{}), "flow",
		transport.ResumableOptions{HistoryBytes: history.MinMemory})
	ch.Close()
	for n, want := range map[int]error{
		history.MinMemory / 4: transport.ErrClosed, history.MinMemory/4 + 1: transport.ErrTooLarge,
	} {
		for _, err := range []error{
			ch.Send(t.Context(), make([]byte, n)), ch.TrySend(make([]byte, n)),
		} {
			if !errors.Is(err, want) {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
	}
}
