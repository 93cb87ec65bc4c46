package transport_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/history"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestReadRetries: a Read that fails five times in a row does a page no harm; with the sixth its
// channel ends, behind what it has, and says why. Who resumes goes on there.
func TestReadRetries(t *testing.T) {
	for _, failures := range []int{5, 6} {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			s, left := &oddStore{}, 0
			ch := over(t, e, s)
			s.read = func(ctx context.Context, epoch, from uint64, b *history.Block) error {
				if left > 0 {
					left--
					return errFar
				}
				return s.m.Read(ctx, epoch, from, b)
			}
			p := openPage(t, e, transporttest.Config{})
			c := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
			sendNumbered(t, ch, 10)
			c.want(10)
			synctest.Wait()
			left = failures
			begun := time.Now()
			sendNumbered(t, ch, 11)
			if failures == 5 {
				c.want(1)
				if took := time.Since(begun); took < 3*time.Second || took > 4*time.Second {
					t.Errorf("it took %v", took)
				}
				return
			}
			_, err := c.Next()
			failure := wantCode(t, err, transport.CodeStore)
			if !strings.Contains(failure.Message, errFar.Error()) {
				t.Error(failure)
			}
			time.Sleep(time.Minute)
			mustResume(t, p, resumeArgs{Name: "flow", From: 11}, 11).want(1)
			stats(t, ch)
		})
	}
}

// TestAttachWhereTheStoreFails: a page that attaches is told so, and takes no place.
func TestAttachWhereTheStoreFails(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		s := &oddStore{m: newMemory(t, 1<<20)}
		newResumable[[]byte](t, e, "flow", transport.ResumableOptions{Store: s, Readers: 1})
		p := openPage(t, e, transporttest.Config{})
		for range 3 {
			for _, gives := range []error{errFar, nil} { // nonsense, too
				s.state = func(context.Context) (history.State, error) {
					return history.State{}, gives
				}
				_, err := resume(t, p, resumeArgs{Name: "flow"})
				wantCode(t, err, transport.CodeStore)
			}
		}
		s.state = nil
		mustResume(t, p, resumeArgs{Name: "flow"}, 1)
	})
}

// TestWipedStore: a page whose store numbers anew is told; who resumes gets what is kept now, not
// what has the old numbers.
func TestWipedStore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		s := &oddStore{}
		var notify func()
		s.watch = func(f func()) func() {
			notify = f
			return s.m.Watch(f)
		}
		ch := over(t, e, s)
		sendNumbered(t, ch, 10)
		p := openPage(t, e, transporttest.Config{})
		c := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
		c.want(10)
		synctest.Wait()
		s.m = newMemory(t, 1<<20)
		for n := range uint64(20) {
			if err := ch.Send(t.Context(), numberedMessage(n+1)); err != nil {
				t.Fatal(err)
			}
		}
		notify()
		_, err := c.Next()
		wantCode(t, err, transport.CodeRenumbered)
		mustResume(t, p, resumeArgs{Name: "flow"}, 1).want(20)
		if st := stats(t, ch); st.Newest != 20 || st.Oldest != 1 {
			t.Errorf("figures %+v", st)
		}
	})
}

// gapped is a store whose every message has a number of ten more than the one before.
type gapped struct{ *history.Memory }

func (g gapped) Append(ctx context.Context, m []byte, placed func()) (uint64, error) {
	n, err := g.Memory.Append(ctx, m, placed)
	return 10 * n, err
}

func (g gapped) Read(ctx context.Context, epoch, from uint64, b *history.Block) error {
	var dense history.Block
	if err := g.Memory.Read(ctx, epoch, (from+9)/10, &dense); err != nil {
		var trimmed *history.TrimmedError
		if errors.As(err, &trimmed) {
			return fmt.Errorf("gapped: %w", &history.TrimmedError{Oldest: 10 * trimmed.Oldest})
		}
		return err
	}
	for {
		n, m, ok := dense.Next()
		if !ok || !b.Add(10*n, m) {
			return nil
		}
	}
}

func (g gapped) State(context.Context) (history.State, error) {
	st := g.Now()
	st.Oldest, st.Newest = 10*st.Oldest, 10*st.Newest
	if st.Oldest > st.Newest {
		st.Oldest = st.Newest + 1
	}
	return st, nil
}

// gappedLocal is one in the memory of the process.
type gappedLocal struct{ gapped }

func (g gappedLocal) Now() history.State {
	st, _ := g.State(context.Background())
	return st
}

// TestGaps: pages count messages on from the first. Where a number is left out the channel ends,
// and says so; who resumes gets the message behind the gap, under its number, and none twice.
func TestGaps(t *testing.T) {
	for _, local := range []bool{false, true} {
		t.Run(fmt.Sprint("local ", local), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				g := gapped{newMemory(t, history.MinMemory)}
				var store history.Store = struct{ history.Store }{g}
				if local {
					store = struct{ history.Local }{gappedLocal{g}}
				}
				gaps(t, store)
			})
		})
	}
}

func gaps(t *testing.T, store history.Store) {
	e := newEngine(t, transport.Options{})
	ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{Store: store})
	message := func(n uint64) []byte { return numberedMessage(10 * n) }
	for n := range uint64(5) {
		if err := ch.Send(t.Context(), message(n+1)); err != nil {
			t.Fatal(err)
		}
	}
	p := openPage(t, e, transporttest.Config{})
	for n := uint64(1); n <= 5; n++ {
		c := mustResume(t, p, resumeArgs{Name: "flow", From: max(10, 10*n-9)}, 10*n)
		c.want(1)
		if n < 5 {
			_, err := c.Next()
			wantCode(t, err, transport.CodeRenumbered)
			time.Sleep(time.Minute)
		}
	}
	for n := range uint64(2000) {
		if err := ch.Send(t.Context(), message(n+6)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := resume(t, p, resumeArgs{Name: "flow", From: 20})
	late := wantCode(t, err, transport.CodeTooLate).Detail.(map[string]any)
	if late["oldest"].(float64) < 100 {
		t.Errorf("detail %v", late)
	}
}

// TestSharedStore: what one channel sends, the pages of another one that has the same store get;
// both get it in one order. The end of one is not that of the other.
func TestSharedStore(t *testing.T) {
	for _, far := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			var s history.Store = newMemory(t, 1<<20)
			if far {
				s = struct{ history.Holder }{&farStore{Memory: s.(*history.Memory)}}
			}
			var channels [2]*transport.Resumable[[]byte]
			var pages [2]*resumed
			for i := range channels {
				e := newEngine(t, transport.Options{}) // another process, as it were
				channels[i] = newResumable[[]byte](t, e, "flow",
					transport.ResumableOptions{Store: s})
				pages[i] = mustResume(t, openPage(t, e, transporttest.Config{}),
					resumeArgs{Name: "flow"}, 1)
			}
			for n := range uint64(100) {
				if err := channels[n%2].Send(t.Context(), numberedMessage(n+1)); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range pages {
				c.want(100)
			}
			channels[0].Close()
			if _, err := pages[0].Next(); !errors.Is(err, transporttest.ErrChannelClosed) {
				t.Error(err)
			}
			channels[0].Discard()
			if err := channels[1].Send(t.Context(), numberedMessage(101)); err != nil {
				t.Fatal(err)
			}
			pages[1].want(1)
		})
	}
}

// TestStoreOptions: what does not go together is refused.
func TestStoreOptions(t *testing.T) {
	e := newEngine(t, transport.Options{})
	m := newMemory(t, history.MinMemory)
	for name, bad := range map[string]transport.ResumableOptions{
		"a": {Store: m, HistoryBytes: 1 << 20},
		"b": {Store: &oddStore{m: m}, WaitForReader: true},
		"n": {Store: (*history.Memory)(nil)},
		"z": {Store: new(history.Memory)},
	} {
		if _, err := transport.NewResumable[int](e, name, bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	for name, good := range map[string]transport.ResumableOptions{
		"c": {Store: m, WaitForReader: true},
		"d": {Store: &oddStore{m: m}},
		"e": {Store: struct{ history.Holder }{m}, WaitForReader: true},
	} {
		if _, err := transport.NewResumable[int](e, name, good); err != nil {
			t.Error(err)
		}
	}
}

// TestStoreThatHoldsNothing: with a store that is no history.Holder a reader that falls behind ends
// with too_late, and Send never waits for it.
func TestStoreThatHoldsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{
			RingBytes: 64 << 10, MaxBatch: 16 << 10, Window: 32 << 10,
		})
		ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{
			Store: &oddStore{m: newMemory(t, history.MinMemory)},
		})
		p := openPage(t, e, transporttest.Config{})
		c := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
		sendNumbered(t, ch, 4000)
		for {
			m, err := c.Next()
			if err != nil {
				wantCode(t, err, transport.CodeTooLate)
				break
			}
			if err := checkNumbered(m, c.next); err != nil {
				t.Fatal(err)
			}
			c.next++
		}
	})
}
