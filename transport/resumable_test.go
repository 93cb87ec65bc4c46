package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
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
					time.Sleep(25 * time.Second) // a held pull ends, and the next one brings the credit
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
				if wait != (st.Waiting == 1) || wait != (st.Newest < 4000) || wait != (st.Oldest == 1) {
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

// The end of a channel comes behind all that is kept, for pages that attach later, too.
func TestResumableEnds(t *testing.T) {
	overStores(t, func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			p := openPage(t, e, transporttest.Config{})
			for _, cause := range []error{nil, &transport.Error{Code: "dry", Message: "no water"}} {
				ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{})
				early := mustResume(t, p, resumeArgs{Name: "flow", From: "oldest"}, 1)
				sendNumbered(t, ch, 200)
				if cause == nil {
					ch.Close()
				} else {
					ch.CloseWithError(cause)
				}
				late := mustResume(t, p, resumeArgs{Name: "flow", From: "oldest"}, 1)
				for _, c := range []*resumed{early, late} {
					c.want(200)
					if _, err := c.Next(); cause != nil {
						wantCode(t, err, "dry")
					} else if !errors.Is(err, transporttest.ErrChannelClosed) {
						t.Errorf("it ended with %v", err)
					}
				}
				if err := errors.Join(send(t.Context(), ch, nil), trySend(t, ch, nil)); !errors.Is(err,
					transport.ErrClosed) || !errors.Is(err, cause) && cause != nil {
					t.Errorf("Send gives %v", err)
				}
				if _, err := transport.NewResumable[int](e, "flow",
					transport.ResumableOptions{}); !errors.Is(err, transport.ErrNameTaken) {
					t.Errorf("a name that is taken: %v", err)
				}
				ch.Discard()
				ch.Discard()
				_, err := resume(t, p, resumeArgs{Name: "flow"})
				wantCode(t, err, transport.CodeUnknownChannel)
				st := stats(t, ch)
				if kept := isFar(t); st.Newest != 200 || st.Oldest == 201 == kept ||
					st.RawBytes > 0 != kept {
					t.Errorf("figures of a discarded one: %+v", st)
				}
			}

			// Discard ends the pages at once, and who waits.
			ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{
				HistoryBytes: 256 << 10,
			})
			c := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
			failed := make(chan error)
			go func() {
				for {
					if err := send(t.Context(), ch, make([]byte, 60_000)); err != nil {
						failed <- err
						return
					}
				}
			}()
			c.p(t, 3)
			ch.Discard()
			if err := <-failed; !errors.Is(err, transport.ErrClosed) {
				t.Errorf("who waited got %v", err)
			}
			for {
				if _, err := c.Next(); err != nil {
					wantCode(t, err, transport.CodeError)
					break
				}
			}
		})
	})
}

// A page that closes its channel says how far it came: what it dropped unread comes again.
func TestResumeAfterClose(t *testing.T) {
	overStores(t, func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{})
			sendNumbered(t, ch, 50)
			p := openPage(t, e, transporttest.Config{})
			c := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
			c.want(20)
			if err := c.Send(wire.JSON, []byte("20")); err != nil {
				t.Fatal(err)
			}
			c.want(30) // credits what it will not have handed out
			time.Sleep(time.Minute)
			c.Close()
			time.Sleep(time.Minute)
			c = mustResume(t, p, resumeArgs{Name: "flow"}, 21)
			for range 3 { // words that are none
				if err := c.Send(wire.JSON, []byte(`"x"`)); err != nil {
					t.Fatal(err)
				}
			}
			c.want(10)
			if err := c.Send(wire.JSON, []byte("4000000000")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			c.Close()
			time.Sleep(time.Minute)
			if c, err := resume(t, p, resumeArgs{Name: "flow"}); err != nil || c.next < 22 ||
				c.next > 31 {
				t.Errorf("it begins with %d, want 31 or a little less: %v", c.next, err)
			}
		})
	})
}

// Objects go through the codec; large messages in fragments, and still count.
func TestResumeValues(t *testing.T) {
	overStores(t, func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			type reading struct {
				N    int
				Text string
			}
			e := newEngine(t, transport.Options{MaxBatch: 16 << 10, Window: 64 << 10})
			ch := newResumable[reading](t, e, "readings", transport.ResumableOptions{})
			last := 0
			for range 3 {
				p := openPage(t, e, transporttest.Config{})
				c := mustResume(t, p, resumeArgs{Name: "readings"}, uint64(last+1))
				for range 20 {
					last++
					want := reading{last, fmt.Sprintf("%0*d", last%4*50_000+1, last)}
					if err := send(t.Context(), ch, want); err != nil {
						t.Fatal(err)
					}
					m, err := c.Next()
					if err != nil {
						t.Fatal(err)
					}
					var got reading
					if err := json.Unmarshal(m.Data, &got); err != nil || got != want ||
						m.Kind != wire.JSON {
						t.Fatalf("got %d with %d bytes, want %d with %d: %v", got.N, len(got.Text),
							want.N, len(want.Text), err)
					}
					time.Sleep(30 * time.Second)
				}
				p.Close()
			}
		})
	})
}

func TestResumePolicy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rules, err := policy.Parse([]byte(`{"rules": [
			{"windows": ["main"], "origins": ["*"], "allow": ["resume:flow*"],
				"deny": ["resume:flow-secret"]},
			{"windows": ["barred"], "origins": ["*"], "allow": ["*"],
				"deny": ["command:plugin:tailrace|resume"]}]}`))
		if err != nil {
			t.Fatal(err)
		}
		e := newEngine(t, transport.Options{Policy: rules})
		for _, name := range []string{"flow", "flow-secret", "other"} {
			newResumable[int](t, e, name, transport.ResumableOptions{})
		}
		page := func(label string) *transporttest.Page {
			return openPage(t, e, transporttest.Config{Label: label})
		}
		mustResume(t, page("main"), resumeArgs{Name: "flow"}, 1)
		for _, c := range []struct{ label, name string }{{"main", "flow-secret"}, {"main", "other"},
			{"main", "none"}, {"foreign", "flow"}, {"barred", "flow"}} {
			_, err := resume(t, page(c.label), resumeArgs{Name: c.name})
			wantCode(t, err, transport.CodeDenied)
		}
	})
}

func TestResumableOptions(t *testing.T) {
	e := newEngine(t, transport.Options{MaxMessage: 1 << 20})
	for name, bad := range map[string]transport.ResumableOptions{
		"a": {HistoryBytes: 256<<10 - 1}, "b": {HistoryBytes: 1<<30 + 1}, "c": {Readers: -1},
		"d": {Readers: 4097}, "e": {HistoryBytes: -1},
	} {
		if _, err := transport.NewResumable[int](e, name, bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	for name, good := range map[string]transport.ResumableOptions{
		"a": {HistoryBytes: 256 << 10}, "b": {HistoryBytes: 1 << 30}, "c": {Readers: 1},
		"d": {Readers: 4096}, "e": {},
	} {
		if _, err := transport.NewResumable[int](e, name, good); err != nil {
			t.Error(err)
		}
	}
	long := string(make([]byte, 0, 256))
	for len(long) < 256 {
		long += "n"
	}
	for _, name := range []string{"", "a*", "?", "a\n", "\xff", long + "n"} {
		if _, err := transport.NewResumable[int](e, name,
			transport.ResumableOptions{}); err == nil {
			t.Errorf("the name %.20q was taken", name)
		}
	}
	if _, err := transport.NewResumable[int](e, long, transport.ResumableOptions{}); err != nil {
		t.Error(err)
	}

	raw := newResumable[[]byte](t, e, "raw", transport.ResumableOptions{HistoryBytes: 256 << 10})
	if err := raw.TrySend(make([]byte, 64<<10)); err != nil {
		t.Error(err)
	}
	if err := raw.TrySend(make([]byte, 64<<10+1)); !errors.Is(err, transport.ErrTooLarge) {
		t.Errorf("over a fourth of the history: %v", err)
	}
	wide := newResumable[[]byte](t, e, "wide", transport.ResumableOptions{})
	if err := errors.Join(wide.TrySend(make([]byte, 1<<20)),
		wide.TrySend(make([]byte, 1<<20-1))); err != nil {
		t.Error(err)
	}
	if err := wide.TrySend(make([]byte, 1<<20+1)); !errors.Is(err, transport.ErrTooLarge) {
		t.Errorf("over MaxMessage: %v", err)
	}
}

// Only so many pages, and each channel of a page once.
func TestResumeReaders(t *testing.T) {
	overStores(t, func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			newResumable[int](t, e, "flow", transport.ResumableOptions{Readers: 2})
			p := openPage(t, e, transporttest.Config{})
			first := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
			mustResume(t, p, resumeArgs{Name: "flow", Observer: true}, 1)
			_, err := resume(t, p, resumeArgs{Name: "flow"})
			wantCode(t, err, transport.CodeBusy)
			first.Close()
			time.Sleep(time.Minute)
			third := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
			second := openPage(t, e, transporttest.Config{Label: "second"})
			_, err = resume(t, second, resumeArgs{Name: "flow"})
			wantCode(t, err, transport.CodeBusy)
			p.Close()
			mustResume(t, second, resumeArgs{Name: "flow"}, 1)

			newResumable[int](t, e, "other", transport.ResumableOptions{})
			again := second.NewChannel()
			for i, want := range []string{"", transport.CodeBadArguments} {
				_, err := second.Invoke(transporttest.Request{Command: transport.CommandResume,
					Args: resumeArgs{Name: "other", Channel: again}, Channels: []*transporttest.Channel{
						again,
					}})
				if want != "" {
					wantCode(t, err, want)
				} else if err != nil {
					t.Fatal(i, err)
				}
			}
			_, err = second.Invoke(transporttest.Request{
				Command: transport.CommandResume, Args: map[string]any{"name": "other"},
			})
			wantCode(t, err, transport.CodeBadArguments)
			_ = third
		})
	})
}

// The figures of all channels, by name.
func TestResumables(t *testing.T) {
	e := newEngine(t, transport.Options{})
	for _, name := range []string{"b", "a", "c"} {
		newResumable[int](t, e, name, transport.ResumableOptions{})
	}
	var names string
	for _, st := range e.Resumables() {
		names += st.Name
		if st.Oldest != 1 || st.Newest != 0 || st.Bytes != 64<<10 {
			t.Errorf("figures of an empty one: %+v", st)
		}
	}
	if names != "abc" {
		t.Errorf("names %q", names)
	}
}

// Several senders, readers and observers at once, some of which leave in between: all see one
// order, and each sender's messages in it.
func TestResumableConcurrent(t *testing.T) {
	overStores(t, func(t *testing.T) {
		const senders, pages = 4, 4
		each, stay := 1500, 700
		if isFar(t) { // each message takes its time
			each, stay = 200, 90
		}
		e := newEngine(t, transport.Options{RingBytes: 64 << 10, MaxBatch: 16 << 10, Window: 64 << 10})
		ch := newResumable[[2]int](t, e, "flow", transport.ResumableOptions{
			HistoryBytes: 512 << 10, WaitForReader: true,
		})
		orders := make([][][2]int, pages)
		var reading, sending sync.WaitGroup
		for i := range pages {
			orders[i] = make([][2]int, senders*each+1) // by sequence
			reading.Go(func() {
				label := fmt.Sprintf("w%d", i)
				for leave := stay; ; leave += stay + 200 {
					p := openPage(t, e, transporttest.Config{Label: label})
					c, err := resume(t, p, resumeArgs{Name: "flow"})
					if err != nil {
						t.Errorf("page %d: %v", i, err)
						return
					}
					for n := 0; n < leave || i == 0; n++ {
						m, err := c.Next()
						if errors.Is(err, transporttest.ErrChannelClosed) {
							p.Close()
							return
						}
						var v [2]int
						if err == nil {
							err = json.Unmarshal(m.Data, &v)
						}
						if old := orders[i][c.next]; err == nil && old != [2]int{} && old != v {
							err = fmt.Errorf("message %d is %v, and was %v", c.next, v, old)
						}
						if err != nil {
							t.Errorf("page %d: %v", i, err)
							return
						}
						orders[i][c.next] = v
						c.next++
					}
					p.Close()
				}
			})
		}
		for s := range senders {
			sending.Go(func() {
				for n := 1; n <= each; n++ {
					if err := send(within(t), ch, [2]int{s, n}); err != nil {
						t.Errorf("sender %d: %v", s, err)
						return
					}
				}
			})
		}
		sending.Wait()
		ch.Close()
		reading.Wait()
		next := [senders]int{}
		for sequence, v := range orders[0][1:] {
			if next[v[0]]++; v[1] != next[v[0]] {
				t.Fatalf("sequence %d is message %d of sender %d, where %d is due", sequence+1, v[1],
					v[0], next[v[0]])
			}
		}
		for i := range orders {
			if !slices.Equal(orders[i], orders[0]) {
				t.Errorf("page %d has another order than page 0", i)
			}
		}
	})
}
