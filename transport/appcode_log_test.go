package transport_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// logFunc is a slog.Handler of the app.
type logFunc func(slog.Record)

func (f logFunc) Enabled(context.Context, slog.Level) bool      { return true }
func (f logFunc) WithAttrs([]slog.Attr) slog.Handler            { return f }
func (f logFunc) WithGroup(string) slog.Handler                 { return f }
func (f logFunc) Handle(_ context.Context, r slog.Record) error { f(r); return nil }
func (f logFunc) logger() *slog.Logger                          { return slog.New(f) }
func grabbed[T any](t *testing.T, e *transport.Engine, p *transporttest.Page) (
	*transport.Channel[T], *transporttest.Channel,
) {
	t.Helper()
	got := make(chan *transport.Channel[T], 1)
	transport.Handle(e, "grab",
		func(_ context.Context, a struct{ C *transport.Channel[T] }) (any, error) {
			a.C.Keep()
			got <- a.C
			return nil, nil
		})
	page := p.NewChannel()
	if _, err := p.Invoke(transporttest.Request{
		Command: "grab", Args: map[string]any{"C": page}, Channels: []*transporttest.Channel{page},
	}); err != nil {
		t.Fatal(err)
	}
	return <-got, page
}

// TestLogOnTheChannelItself: a handler of the app's logger sends every line on a channel, also the
// line that says that the channel was full, and what it sends waits for room like any other. Nobody
// waits for the handler.
func TestLogOnTheChannelItself(t *testing.T) {
	for name, size := range map[string]int{"messages": 1000, "fragmented messages": 10_000} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ch atomic.Pointer[transport.Channel[[]byte]]
				var lines atomic.Int32
				o := narrow
				o.Logger = logFunc(func(slog.Record) {
					if ch := ch.Load(); ch != nil {
						lines.Add(1)
						_ = ch.Send(context.Background(), []byte("line"))
					}
				}).logger()
				e := newEngine(t, o)
				p := openPage(t, e, transporttest.Config{})
				sender, page := grabbed[[]byte](t, e, p)
				ch.Store(sender)
				senders := 300_000 / size // several times what there is room for
				sent := make(chan error, senders)
				p.Stall(true)
				for range senders {
					go func() { sent <- sender.Send(context.Background(), make([]byte, size)) }()
				}
				for round := 0; len(sent) < senders; round++ {
					if round == 100 {
						t.Fatalf("%d of %d messages were accepted", len(sent), senders)
					}
					time.Sleep(6 * time.Second) // who waits longer is logged
					p.Stall(false)
					synctest.Wait()
					for range page.Queued() {
						if _, err := page.Next(); err != nil {
							t.Fatal(err)
						}
					}
					p.Stall(true)
				}
				if lines.Load() == 0 {
					t.Error("nothing was logged while senders waited")
				}
				p.Stall(false)
			})
		})
	}
}

// blockedLog is a handler of the app's logger that stands still from the next record with that
// message on, until release is closed.
type blockedLog struct {
	message string
	reached chan struct{}
	release chan struct{}
	once    sync.Once
}

func newBlockedLog(message string) *blockedLog {
	return &blockedLog{message: message, reached: make(chan struct{}), release: make(chan struct{})}
}

func (b *blockedLog) logger() *slog.Logger {
	return logFunc(func(r slog.Record) {
		if r.Message == b.message {
			b.once.Do(func() { close(b.reached) })
			<-b.release
		}
	}).logger()
}

// TestLogStandsStill: while the app's handler stands still over a record, messages of others
// arrive, commands are answered and sessions open and end, and time does not pass. What is logged
// is that a sender has waited long, that a script has failed, that a page broke a rule, and that a
// session has opened.
func TestLogStandsStill(t *testing.T) {
	for name, c := range map[string]struct {
		message string
		cause   func(t *testing.T, e *transport.Engine, p *transporttest.Page,
			ch *transport.Channel[[]byte], page *transporttest.Channel)
	}{
		"a sender has waited": {"channel is full: a sender has waited",
			func(t *testing.T, e *transport.Engine, p *transporttest.Page,
				ch *transport.Channel[[]byte],
				page *transporttest.Channel) {
				p.Stall(true)
				for ch.TrySend(make([]byte, 1000)) == nil {
				}
				go func() { _ = ch.Send(context.Background(), []byte("waits")) }()
				time.Sleep(6 * time.Second)
				p.Stall(false)
				synctest.Wait()
				for range page.Queued() {
					_, _ = page.Next()
				}
			}},
		"a script has failed": {"script failed",
			func(t *testing.T, _ *transport.Engine, p *transporttest.Page,
				_ *transport.Channel[[]byte],
				_ *transporttest.Channel) {
				if err := p.Session.Eval("throw 1"); err != nil {
					t.Fatal(err)
				}
			}},
		"a call is denied": {"denied",
			func(_ *testing.T, _ *transport.Engine, p *transporttest.Page,
				_ *transport.Channel[[]byte],
				_ *transporttest.Channel) {
				p.Start(transporttest.Request{Command: "secret"})
			}},
		"a session opens": {"session opened",
			func(t *testing.T, e *transport.Engine, _ *transporttest.Page,
				_ *transport.Channel[[]byte],
				_ *transporttest.Channel) {
				openPage(t, e, transporttest.Config{})
			}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := newBlockedLog("")
				o := narrow
				o.Logger = log.logger()
				o.Policy = policyFunc(func(p transport.Permission) error {
					if p.Name == "secret" {
						return p.Denied()
					}
					return nil
				})
				e := newEngine(t, o)
				transport.Handle(e, "plain", func(context.Context, any) (int, error) {
					return 7, nil
				})
				p := openPage(t, e, transporttest.Config{})
				ch, page := grabbed[[]byte](t, e, p)
				synctest.Wait()
				log.message = c.message
				c.cause(t, e, p, ch, page)
				<-log.reached
				began := time.Now()
				if err := ch.Send(context.Background(), []byte("accepted")); err != nil {
					t.Fatal(err)
				}
				for {
					m, err := page.Next()
					if err != nil {
						t.Fatal(err)
					}
					if string(m.Data) == "accepted" {
						break
					}
				}
				lasts(t, p)
				other := openPage(t, e, transporttest.Config{})
				lasts(t, other)
				other.Close()
				lasts(t, p)
				if took := time.Since(began); took > time.Second {
					t.Errorf("the session stood still for %v", took)
				}
				close(log.release)
			})
		})
	}
}

// TestLogHandlersThatPanic: a handler of the app's logger that panics ends nothing.
func TestLogHandlersThatPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{
			Logger: logFunc(func(slog.Record) { panic("in the log") }).logger(),
		})
		transport.Handle(e, "plain", func(context.Context, any) (int, error) { return 7, nil })
		transport.Handle(e, "panic", func(context.Context, any) (int, error) { panic(1) })
		p := openPage(t, e, transporttest.Config{})
		_, err := p.Invoke(transporttest.Request{Command: "panic"})
		wantCode(t, err, transport.CodePanic)
		lasts(t, p)
		p.Close()
		synctest.Wait()
	})
}
