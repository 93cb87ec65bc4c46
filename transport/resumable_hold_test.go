package transport_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/history"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// oddHolder is an oddStore with holds, of which a test replaces methods, too.
type oddHolder struct {
	*oddStore
	hold    func(ctx context.Context)
	move    func()
	release func()
}

func (h oddHolder) Hold(ctx context.Context, after uint64) (history.Hold, error) {
	if h.hold != nil {
		h.hold(ctx)
	}
	hold, err := h.m.Hold(ctx, after)
	return oddHold{hold, h}, err
}

type oddHold struct {
	history.Hold
	of oddHolder
}

func (h oddHold) Move(after uint64) {
	if h.of.move != nil {
		h.of.move()
	}
	h.Hold.Move(after)
}

func (h oddHold) Release() {
	h.Hold.Release()
	if h.of.release != nil {
		h.of.release()
	}
}

// TestOldestIsNeverTooLate: a page that begins with the oldest message, which is what one without a
// place does, does so though others drop messages while it attaches.
func TestOldestIsNeverTooLate(t *testing.T) {
	for _, from := range []string{"oldest", "last", ""} {
		for _, holds := range []bool{true, false} {
			t.Run(fmt.Sprintf("%q, holder %v", from, holds), func(t *testing.T) {
				e := newEngine(t, transport.Options{})
				s := &oddStore{m: newMemory(t, history.MinMemory)}
				fill := func(ctx context.Context, messages int) {
					for range messages {
						if _, err := s.m.Append(ctx, noise(30_000), nil); err != nil {
							t.Error(err)
						}
					}
				}
				fill(t.Context(), 20)
				var store history.Store = s
				if holds {
					store = oddHolder{oddStore: s, hold: func(ctx context.Context) {
						fill(ctx, 40)
					}}
				}
				fills := 0
				s.read = func(ctx context.Context, epoch, from uint64, b *history.Block) error {
					if fills++; !holds && fills < 4 {
						fill(ctx, 40)
					}
					return s.m.Read(ctx, epoch, from, b)
				}
				newResumable[[]byte](t, e, "flow", transport.ResumableOptions{Store: store})
				p := openPage(t, e, transporttest.Config{})
				a := resumeArgs{Name: "flow"}
				if from != "" {
					a.From = from
				}
				c, err := resume(t, p, a)
				if err != nil {
					t.Fatal(err)
				}
				if oldest := s.m.Now().Oldest; c.next != oldest {
					t.Errorf("it begins with %d, the oldest is %d", c.next, oldest)
				}
				c.p(t, 3)
			})
		}
	}
}

// TestMoveThatFails: a Move that panics harms nobody; one that ends the goroutine ends the page's
// channel, which says so. The hold is released once, and Sends go on.
func TestMoveThatFails(t *testing.T) {
	for _, exits := range []bool{false, true} {
		t.Run(fmt.Sprint("exits ", exits), func(t *testing.T) {
			inBubble(t, func(t *testing.T) { moveFails(t, exits) })
		})
	}
}

func moveFails(t *testing.T, exits bool) {
	e := newEngine(t, transport.Options{})
	var bad atomic.Bool
	releases := 0
	ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{Store: oddHolder{
		oddStore: &oddStore{m: newMemory(t, history.MinMemory)},
		release:  func() { releases++ },
		move: func() {
			if !bad.Swap(false) {
				return
			}
			if exits {
				runtime.Goexit()
			}
			panic("move")
		},
	}})
	p := openPage(t, e, transporttest.Config{})
	c := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
	bad.Store(true)
	for n := uint64(1); bad.Load(); n++ { // until the page's credit comes
		if n == 10_000 {
			t.Fatal("Move is not called")
		}
		sendNumbered(t, ch, n)
		c.want(1)
		synctest.Wait()
	}
	if err := ch.Send(t.Context(), []byte("behind")); err != nil {
		t.Fatal(err)
	}
	m, err := c.Next()
	if exits {
		failure := wantCode(t, err, transport.CodeStore)
		if !strings.Contains(failure.Message, "ended") {
			t.Error(failure)
		}
	} else if err != nil || string(m.Data) != "behind" {
		t.Errorf("the page gets %q, %v", m.Data, err)
	}
	p.Close()
	synctest.Wait()
	if st := ch.Stats(); releases != 1 || len(st.Readers) != 0 {
		t.Errorf("the hold was released %d times, readers %v", releases, st.Readers)
	}
	for range 40 {
		if err := ch.Send(within(t), noise(30_000)); err != nil {
			t.Fatalf("nobody reads: %v", err)
		}
	}
}

// TestMoveExitsWhileBusy: the same while the page has much to get.
func TestMoveExitsWhileBusy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{
			RingBytes: 64 << 10, MaxBatch: 16 << 10, Window: 32 << 10,
		})
		moves := 0
		ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{Store: oddHolder{
			oddStore: &oddStore{m: newMemory(t, 8<<20)},
			move: func() {
				if moves++; moves == 20 {
					runtime.Goexit()
				}
			},
		}})
		sendNumbered(t, ch, 4000)
		c := mustResume(t, openPage(t, e, transporttest.Config{}), resumeArgs{Name: "flow"}, 1)
		for {
			m, err := c.Next()
			if err != nil {
				wantCode(t, err, transport.CodeStore)
				return
			}
			if err := checkNumbered(m, c.next); err != nil {
				t.Fatal(err)
			}
			c.next++
		}
	})
}

// TestWaitForReaderLastWord: a page that closes its channel may say that it has consumed less than
// it has credited. What it has not is kept for the next one.
func TestWaitForReaderLastWord(t *testing.T) {
	overStores(t, func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{
				HistoryBytes: history.MinMemory, WaitForReader: true,
			})
			sendNumbered(t, ch, 250)
			p := openPage(t, e, transporttest.Config{})
			c := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
			c.want(20)
			if err := c.Send(wire.JSON, []byte("20")); err != nil {
				t.Fatal(err)
			}
			c.want(230) // credited, and not handed out
			settled(t)
			c.Close()
			settled(t)
			var err error
			n := uint64(250)
			for ; err == nil && n < 5000; n++ {
				err = trySend(t, ch, numberedMessage(n+1))
			}
			if n == 5000 {
				t.Errorf("Send does not wait: %v", err)
			}
			mustResume(t, p, resumeArgs{Name: "flow"}, 21).want(230)
			ch.Discard()
			settled(t)
		})
	}, failing)
}

// TestWatcherPanics: what the app does in a notify of its own Memory harms no page and no sender.
func TestWatcherPanics(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		m := newMemory(t, history.MinMemory)
		m.Watch(func() { panic("the app's notify") })
		m.Watch(nil)
		ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{Store: m})
		c := mustResume(t, openPage(t, e, transporttest.Config{}), resumeArgs{Name: "flow"}, 1)
		sent := make(chan error, 1)
		go func() {
			for range 60 {
				if err := ch.Send(t.Context(), noise(30_000)); err != nil {
					sent <- err
					return
				}
			}
			sent <- nil
		}()
		synctest.Wait()
		if ch.Stats().Waiting == 0 {
			t.Error("nobody waits: not what was to be tested")
		}
		c.p(t, 60)
		if err := <-sent; err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
	})
}
