package transport_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/history"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestForeignMessages: what others have put into a store, and would break a rule in the page, ends
// the page's channel, behind what came before it, and not its session.
func TestForeignMessages(t *testing.T) {
	for name, c := range map[string]struct {
		message string
		makes   func(*testing.T, *transport.Engine, history.Store)
	}{
		"too long": {`"` + strings.Repeat("x", 64<<10) + `"`, makeFlow[[]byte]},
		"no JSON":  {`]}`, makeFlow[int]},
		"no UTF-8": {"\"\xff\"", makeFlow[string]},
		"nothing":  {``, makeFlow[string]},
	} {
		for _, far := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					m := newMemory(t, 16<<20)
					var store history.Store = m
					if far {
						store = struct{ history.Store }{m}
					}
					j := newRecords()
					e := newEngine(t, transport.Options{MaxMessage: 64 << 10, Logger: slog.New(j)})
					c.makes(t, e, store)
					for _, message := range []string{"1", c.message, "2"} {
						if _, err := m.Append(t.Context(), []byte(message), nil); err != nil {
							t.Fatal(err)
						}
					}
					p := openPage(t, e, transporttest.Config{})
					page := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
					if got, err := page.Next(); err != nil || string(got.Data) != "1" {
						t.Fatalf("%q, %v", got.Data, err)
					}
					_, err := page.Next()
					failure := wantCode(t, err, transport.CodeStore)
					if !strings.Contains(failure.Message, "message 2 ") {
						t.Error(failure)
					}
					synctest.Wait()
					if n := strings.Count(strings.Join(j.take(), "\n"), "message 2 "); n == 0 {
						t.Error("it is not logged")
					}
					next := mustResume(t, p, resumeArgs{Name: "flow", From: 3}, 3)
					if got, err := next.Next(); err != nil || string(got.Data) != "2" {
						t.Errorf("behind it: %q, %v", got.Data, err)
					}
				})
			})
		}
	}
}

func makeFlow[T any](t *testing.T, e *transport.Engine, s history.Store) {
	newResumable[T](t, e, "flow", transport.ResumableOptions{Store: s})
}

// TestLargeSequences: a store whose sequences a page can't tell apart has failed.
func TestLargeSequences(t *testing.T) {
	for newest, code := range map[uint64]string{
		history.MaxSequence: "", history.MaxSequence + 1: transport.CodeStore,
	} {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			s := &oddStore{
				state: func(context.Context) (history.State, error) {
					return history.State{Epoch: 1, Oldest: newest, Newest: newest}, nil
				},
				read: func(_ context.Context, _, from uint64, b *history.Block) error {
					if from <= newest {
						b.Add(newest, []byte("x"))
					}
					return nil
				},
			}
			over(t, e, s)
			c, err := resume(t, openPage(t, e, transporttest.Config{}), resumeArgs{Name: "flow"})
			if code != "" {
				wantCode(t, err, code)
				return
			}
			if err != nil || c.next != newest {
				t.Fatalf("it begins with %d: %v", c.next, err)
			}
			c.p(t, 1)
		})
	}
}

// TestFailuresDoNotAddUp: a Read that fails now and then, and works at the next try, does a page no
// harm, however often that happens.
func TestFailuresDoNotAddUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		s, notify, fail := &oddStore{}, (func())(nil), false
		s.watch = func(f func()) func() {
			notify = f
			return s.m.Watch(f)
		}
		ch := over(t, e, s)
		s.read = func(ctx context.Context, epoch, from uint64, b *history.Block) error {
			if fail {
				fail = false
				return errFar
			}
			return s.m.Read(ctx, epoch, from, b)
		}
		c := mustResume(t, openPage(t, e, transporttest.Config{}), resumeArgs{Name: "flow"}, 1)
		synctest.Wait()
		for range 20 {
			fail = true
			notify()
			time.Sleep(time.Hour)
			synctest.Wait()
			if fail {
				t.Fatal("nobody has read: not what was to be tested")
			}
		}
		sendNumbered(t, ch, 1)
		c.want(1)
		stats(t, ch)
	})
}

// TestFailedReadDeliversNothing: what a Read that fails has put into its block is not sent.
func TestFailedReadDeliversNothing(t *testing.T) {
	for _, how := range []string{"fails", "panics"} {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			s, bad := &oddStore{}, true
			ch := over(t, e, s)
			s.read = func(ctx context.Context, epoch, from uint64, b *history.Block) error {
				if !bad || s.m.Now().Newest < from {
					return s.m.Read(ctx, epoch, from, b)
				}
				bad = false
				b.Add(from, []byte("damaged"))
				if how == "panics" {
					panic("checksum")
				}
				return errors.New("the checksum of this message is wrong")
			}
			c := mustResume(t, openPage(t, e, transporttest.Config{}), resumeArgs{Name: "flow"}, 1)
			if err := ch.Send(t.Context(), []byte("right")); err != nil {
				t.Fatal(err)
			}
			m, err := c.Next()
			if err != nil || string(m.Data) != "right" {
				t.Errorf("a Read that %s: the page gets %q, %v", how, m.Data, err)
			}
			stats(t, ch)
		})
	}
}

// TestNotifyInRead: a store that calls notify in each Read is not asked without end, its pages get
// their messages, and nothing goes on behind a page.
func TestNotifyInRead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		s, notify := &oddStore{}, (func())(nil)
		s.watch = func(f func()) func() {
			notify = f
			return s.m.Watch(f)
		}
		ch := over(t, e, s)
		var reads atomic.Int64
		s.read = func(ctx context.Context, epoch, from uint64, b *history.Block) error {
			if reads.Add(1) < 10_000 {
				notify()
			}
			return s.m.Read(ctx, epoch, from, b)
		}
		p := openPage(t, e, transporttest.Config{})
		c := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
		sendNumbered(t, ch, 3)
		c.want(3)
		for n := uint64(4); n < 10; n++ {
			time.Sleep(time.Second)
			if n := reads.Load(); n > 1500 {
				t.Fatalf("%d reads in some seconds in which next to nothing happens", n)
			}
			begun := time.Now()
			sendNumbered(t, ch, n)
			c.want(1)
			if late := time.Since(begun); late > 100*time.Millisecond {
				t.Errorf("message %d comes after %v", n, late)
			}
		}
		p.Close()
		time.Sleep(time.Second)
		before := reads.Load()
		time.Sleep(time.Second)
		if n := reads.Load() - before; n != 0 {
			t.Errorf("%d reads for a page that is gone", n)
		}
	})
}
