package transport_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// A page that reloads again and again while messages come, over a bad network, gets each of them in
// order: no page begins behind what the one before had.
func TestResumeAfterReload(t *testing.T) {
	overStores(t, func(t *testing.T) {
		for _, c := range faultCases {
			t.Run(c.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) { resumeAfterReload(t, c.f) })
			})
		}
	})
}

func resumeAfterReload(t *testing.T, f transporttest.Faults) {
	const total = 3000
	e := newEngine(t, transport.Options{RingBytes: 64 << 10, MaxBatch: 16 << 10, Window: 64 << 10})
	ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{
		HistoryBytes: 256 << 10, WaitForReader: true,
	})
	sent := make(chan error, 1)
	go func() {
		for n := uint64(1); n <= total; n++ {
			if err := send(within(t), ch, numberedMessage(n)); err != nil {
				sent <- err
				return
			}
		}
		ch.Close()
		sent <- nil
	}()
	r := rand.New(rand.NewPCG(f.Seed, 9))
	last, pages, again := uint64(0), 0, 0
	for over := false; !over; pages++ {
		f.Seed++
		p := openPage(t, e, transporttest.Config{Faults: f})
		c, err := resume(t, p, resumeArgs{Name: "flow"})
		if err != nil {
			t.Fatal(err)
		}
		if c.next > last+1 {
			t.Fatalf("page %d begins with %d, the one before had %d", pages, c.next, last)
		}
		again += int(last + 1 - c.next)
		for range 1 + r.IntN(600) {
			m, err := c.Next()
			if errors.Is(err, transporttest.ErrChannelClosed) {
				over = true
				break
			}
			if err == nil {
				err = checkNumbered(m, c.next)
			}
			if err != nil {
				t.Fatal(err)
			}
			last = max(last, c.next)
			c.next++
		}
		p.Close()
	}
	if err := <-sent; err != nil || last != total {
		t.Errorf("%d of %d messages: %v", last, total, err)
	}
	st := stats(t, ch)
	if st.Bytes > st.HistoryBytes || !st.Closed || st.Newest != total {
		t.Errorf("figures %+v", st)
	}
	t.Logf("%d pages, %d messages came twice", pages, again)
}

// At a low rate the next page begins exactly where the one before stopped.
func TestResumeExact(t *testing.T) {
	overStores(t, func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{})
			first := uint64(1)
			for range 4 {
				p := openPage(t, e, transporttest.Config{})
				c := mustResume(t, p, resumeArgs{Name: "flow"}, first)
				for range 30 {
					sendNumbered(t, ch, stats(t, ch).Newest+1)
					c.want(1)
					// a held pull ends, and the next one brings the credit
					time.Sleep(25 * time.Second)
				}
				first = c.next
				p.Close()
				settled(t)
				if n := len(stats(t, ch).Readers); n != 0 {
					t.Fatalf("%d readers are attached", n)
				}
			}
		})
	})
}

// A reader that stops holds the sender back; an observer does not, and gets an error.
func TestResumeHoldsBack(t *testing.T) {
	overStores(t, func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{
				RingBytes: 64 << 10, MaxBatch: 16 << 10, Window: 32 << 10,
			})
			ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{
				HistoryBytes: 256 << 10,
			})
			p := openPage(t, e, transporttest.Config{})
			observing := openPage(t, e, transporttest.Config{Label: "second"})
			observer := mustResume(t, observing, resumeArgs{Name: "flow", Observer: true}, 1)
			reader := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
			fill := func() {
				for {
					err := trySend(t, ch, numberedMessage(stats(t, ch).Newest+1))
					synctest.Wait()
					if err != nil {
						if !errors.Is(err, transport.ErrFull) {
							t.Fatal(err)
						}
						return
					}
				}
			}
			fill()
			full := stats(t, ch)
			if full.Oldest != 1 || full.Bytes < 128<<10 {
				t.Fatalf("it is full with %+v", full)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if err := send(ctx, ch, numberedMessage(full.Newest+1)); !errors.Is(err,
				context.DeadlineExceeded) {
				t.Errorf("Send gives %v", err)
			}
			cancel()

			// Those who wait get in by the order of their calls, and the one who gives up leaves
			// nothing.
			const waiting = 20
			results := make([]chan error, waiting)
			gone, leave := context.WithCancel(t.Context())
			for i := range waiting {
				results[i] = make(chan error, 1)
				ctx := within(t)
				n := full.Newest + 1 + uint64(i)
				if i == 3 {
					ctx = gone
				} else if i > 3 {
					n--
				}
				go func() { results[i] <- send(ctx, ch, numberedMessage(n)) }()
				synctest.Wait()
			}
			if n := stats(t, ch).Waiting; n != waiting {
				t.Errorf("%d wait, want %d", n, waiting)
			}
			if err := trySend(t, ch, []byte{1}); !errors.Is(err, transport.ErrFull) {
				t.Errorf("TrySend passes those who wait: %v", err)
			}
			leave()
			if err := <-results[3]; !errors.Is(err, context.Canceled) {
				t.Errorf("who gave up got %v", err)
			}
			reader.want(int(full.Newest))
			time.Sleep(time.Minute)
			for i, result := range results {
				if i != 3 {
					if err := <-result; err != nil {
						t.Fatal(err)
					}
				}
			}
			reader.want(waiting - 1)
			time.Sleep(time.Minute)
			sendNumbered(t, ch, stats(t, ch).Newest+100)
			reader.want(100)

			// The observer has stopped long ago.
			for range 4 {
				fill()
				reader.want(int(stats(t, ch).Newest - reader.next + 1))
				time.Sleep(time.Minute)
			}
			var err error
			for {
				var m transporttest.Message
				if m, err = observer.Next(); err != nil {
					break
				}
				if err := checkNumbered(m, observer.next); err != nil {
					t.Fatal(err)
				}
				observer.next++
			}
			late := wantCode(t, err, transport.CodeTooLate).Detail.(map[string]any)
			if late["wanted"] != float64(observer.next) ||
				late["oldest"].(float64) <= float64(observer.next) {
				t.Errorf("the observer, which had %d, ended with %v", observer.next-1, late)
			}
			time.Sleep(time.Minute)
			st := stats(t, ch)
			if len(st.Readers) != 1 || st.Readers[0].Label != "main" || st.Readers[0].Observer {
				t.Errorf("readers %+v", st.Readers)
			}
		})
	}, failing)
}

// A page that goes lets the sender go on.
func TestResumeWithoutReader(t *testing.T) {
	overStores(t, func(t *testing.T) {
		for _, wait := range []bool{false, true} {
			inBubble(t, func(t *testing.T) {
				e := newEngine(t, transport.Options{})
				ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{
					HistoryBytes: 256 << 10, WaitForReader: wait,
				})
				p := openPage(t, e, transporttest.Config{})
				mustResume(t, p, resumeArgs{Name: "flow"}, 1)
				sent := make(chan struct{})
				go func() {
					defer close(sent)
					sendNumbered(t, ch, 4000)
				}()
				settled(t)
				held := stats(t, ch)
				if held.Waiting != 1 || held.Oldest != 1 {
					t.Fatalf("with a reader that stands: %+v", held)
				}
				p.Close()
				settled(t)
				st := stats(t, ch)
				if wait != (st.Waiting == 1) || wait != (st.Newest < 4000) ||
					wait != (st.Oldest == 1) {
					t.Fatalf("without a reader (wait: %v): %+v", wait, st)
				}
				p = openPage(t, e, transporttest.Config{})
				if wait {
					mustResume(t, p, resumeArgs{Name: "flow"}, 1).want(4000)
				}
				<-sent
			})
		}
	})
}
