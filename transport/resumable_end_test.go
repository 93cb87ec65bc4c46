package transport_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

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
				err := errors.Join(send(t.Context(), ch, nil), trySend(t, ch, nil))
				if !errors.Is(err, transport.ErrClosed) ||
					!errors.Is(err, cause) && cause != nil {
					t.Errorf("Send gives %v", err)
				}
				if _, err := transport.NewResumable[int](e, "flow",
					transport.ResumableOptions{}); !errors.Is(err, transport.ErrNameTaken) {
					t.Errorf("a name that is taken: %v", err)
				}
				ch.Discard()
				ch.Discard()
				_, err = resume(t, p, resumeArgs{Name: "flow"})
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
	full, rest := make([]byte, 1<<20), make([]byte, 1<<20-1)
	if err := errors.Join(wide.TrySend(full), wide.TrySend(rest)); err != nil {
		t.Error(err)
	}
	if err := wide.TrySend(make([]byte, 1<<20+1)); !errors.Is(err, transport.ErrTooLarge) {
		t.Errorf("over MaxMessage: %v", err)
	}
}
