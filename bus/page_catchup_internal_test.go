package bus

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// steps is a window whose page is driven step by step: the tests do what drain does.
type steps struct {
	t *testing.T
	e *transport.Engine
	b *Bus
	*Page
	page  *transporttest.Page
	given atomic.Int64 // scripts, to the session
}

func newSteps(t *testing.T) *steps {
	t.Helper()
	return newStepsWith(t, func(*steps, int) {})
}

// eachEval is a policy that is told of each script that a session is given.
type eachEval func()

func (f eachEval) Check(p transport.Permission) error {
	if p.Action == transport.ActionEval {
		f()
	}
	return nil
}

// newStepsWith is newSteps that calls a function whenever a script is given, with their number.
func newStepsWith(t *testing.T, gives func(s *steps, given int)) *steps {
	t.Helper()
	s := &steps{t: t}
	e, err := transport.NewEngine(transport.Options{
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Policy: eachEval(func() { gives(s, int(s.given.Add(1))) }),
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(e, Options{})
	if err != nil {
		t.Fatal(err)
	}
	transport.Handle(e, "nothing", func(context.Context, struct{}) (any, error) { return nil, nil })
	s.e, s.b, s.Page = e, b, b.Open("main")
	s.load()
	return s
}

// load has the window show a new page; the one before ends.
func (s *steps) load() *conn {
	s.t.Helper()
	if s.page != nil {
		s.page.Close()
	}
	p, err := transporttest.Open(s.e, transporttest.Config{Label: "main"})
	s.must(err)
	s.t.Cleanup(func() { p.Close() })
	s.page = p
	s.Connect(p.Session)
	return s.conn.Load()
}

func (s *steps) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// subscribe registers without draining, and reports whether that is due.
func (s *steps) subscribe(name string, sub uint32) bool {
	s.t.Helper()
	drain, err := s.register(s.conn.Load(), name, Any, sub)
	s.must(err)
	return drain
}

func (s *steps) emit(payloads ...int) {
	s.t.Helper()
	for _, v := range payloads {
		s.must(s.b.Emit("e", v))
	}
}

// want checks all events that the page has got.
func (s *steps) want(want ...string) {
	s.t.Helper()
	_, err := s.page.Invoke(transporttest.Request{Command: "nothing", Args: struct{}{}})
	s.must(err)
	got := []string{}
	for _, e := range s.page.Events() {
		got = append(got, fmt.Sprint(e.Subs, " ", string(e.Payload)))
	}
	if !slices.Equal(got, append([]string{}, want...)) {
		s.t.Fatalf("the page got %q, want %q", got, want)
	}
}

// TestReloadWhileGiving: a page goes while the session is given an entry, and the next one is ready
// before it is known what became of that. One of the two pages gets it, and the order stays.
func TestReloadWhileGiving(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		s := newSteps(t)
		s.subscribe("e", 1)
		s.emit(7, 8)
		if !s.begin(s.conn.Load()) {
			t.Fatal("the page was not connected")
		}
		c, e, subs := s.first()
		if accepted {
			s.must(c.event(noWait, subs, e.binary, e.data))
			s.want("[1] 7")
		}
		second := s.load()
		s.subscribe("e", 2)
		s.ready(second)
		s.emit(9)
		s.want()
		want := []string{"[2] 8", "[2] 9"}
		if accepted {
			s.mu.Lock()
			s.gave(e)
			s.mu.Unlock()
		} else {
			s.putBack(c, e)
			want = append([]string{"[2] 7"}, want...)
		}
		s.drain(false) // goes on with the second page
		s.emit(10)
		s.want(append(want, "[2] 10")...)
		if st := s.stats(); !st.Ready || st.Kept != 0 || st.KeptBytes != 0 {
			t.Fatalf("stats %+v", st)
		}
	}
}

// TestDroppedWhileGiving: what is being given when the window leaves the app's pages does not come
// back.
func TestDroppedWhileGiving(t *testing.T) {
	s := newSteps(t)
	s.subscribe("e", 1)
	s.emit(1, 2)
	s.begin(s.conn.Load())
	c, e, _ := s.first()
	s.SetForeign(true)
	s.putBack(c, e)
	s.drain(false)
	if st := s.stats(); st.Kept != 0 || st.KeptBytes != 0 {
		t.Fatalf("stats %+v", st)
	}
	next := s.load()
	s.subscribe("e", 2)
	s.emit(3)
	s.ready(next)
	s.want("[2] 3")
}

// TestStickyBeforeKept: a listener that comes while its page catches up gets the stored value
// before what is kept; a value that is itself kept comes in its place, once.
func TestStickyBeforeKept(t *testing.T) {
	s := newSteps(t)
	s.must(s.b.EmitSticky(Any, "e", 1))
	s.emit(2)
	s.mu.Lock()
	s.backlog.drop() // the sticky value is only stored
	s.mu.Unlock()
	s.emit(3)
	s.begin(s.conn.Load())
	s.subscribe("e", 1)
	s.emit(4)
	s.must(s.b.EmitSticky(Any, "e", 5))
	s.subscribe("e", 2)
	s.emit(6)
	s.drain(false)
	s.want("[1] 1", "[1 2] 3", "[1] 4", "[1 2] 5", "[1 2] 6")
}

// TestMutexBetweenEntries: who needs the page's mutex gets it while thousands of entries are
// matched.
func TestMutexBetweenEntries(t *testing.T) {
	const subscriptions, entries = 4096, 2000
	s := newSteps(t)
	c := s.conn.Load()
	for i := range uint32(subscriptions) {
		c.add("e", Webview("main"), i+1)
	}
	for range entries {
		s.must(s.b.EmitTo(Window("main"), "e", 1)) // nobody listens for that target
	}
	if !s.begin(c) {
		t.Fatal("the page was not connected")
	}
	done := make(chan struct{})
	go func() { s.drain(false); close(done) }()
	between := 0
	for n := entries; n > 0; n = s.stats().Kept {
		if n < entries {
			between++
		}
		runtime.Gosched()
	}
	<-done
	if between == 0 {
		t.Error("the mutex was held until nothing was left")
	}
}

// TestSettleWhenLateListener: a command begins while the page is live, and emits when a late
// listener has made it catch up. Its result waits for these events, however long the page takes,
// and not for later ones.
func TestSettleWhenLateListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSteps(t)
		defer s.page.Close()
		s.ready(s.conn.Load())
		s.subscribe("e", 1)
		s.must(s.b.EmitSticky(Any, "state", 0))
		result := s.Settle("app")
		if !s.subscribe("state", 2) {
			t.Fatal("the page has nothing to catch up with")
		}
		s.emit(1, 2)
		returned := false
		go func() { result(t.Context()); returned = true }()
		step := func() {
			t.Helper()
			c, e, subs := s.first()
			if e == nil {
				t.Fatal("nothing is left")
			}
			s.must(c.event(noWait, subs, e.binary, e.data))
			s.mu.Lock()
			s.gave(e)
			s.mu.Unlock()
		}
		synctest.Wait()
		s.emit(3)
		for i := range 3 { // the sticky event, 1, 2
			time.Sleep(time.Hour)
			synctest.Wait()
			if returned {
				t.Fatalf("the result came before %d of its command's events", 3-i)
			}
			step()
		}
		synctest.Wait()
		if !returned {
			t.Fatal("the result waits for a later event")
		}
		s.drain(false)
		s.want("[2] 0", "[1] 1", "[1] 2", "[1] 3")
	})
}

// TestSettleBeforeReady waits for a page that is not ready, but not for ever; when nothing was kept
// meanwhile it does not wait.
func TestSettleBeforeReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSteps(t)
		defer s.page.Close()
		s.emit(1)
		begin := time.Now()
		result := s.Settle("app")
		result(t.Context())
		if took := time.Since(begin); took != 0 {
			t.Errorf("it waited %v for nothing", took)
		}
		s.emit(2)
		result(t.Context())
		if took := time.Since(begin); took != settleTime {
			t.Errorf("it waited %v", took)
		}
	})
}

// TestReadyBesideFlood: whenever a page that gets ready is given something, more is kept for it.
// Its command does not wait for the end of that.
func TestReadyBesideFlood(t *testing.T) {
	const most = 100
	synctest.Test(t, func(t *testing.T) {
		returned := make(chan struct{})
		s := newStepsWith(t, func(s *steps, given int) {
			if given < most {
				s.must(s.Eval("more"))
			}
			if given < 3 {
				return
			}
			select {
			case <-returned:
			case <-time.After(time.Minute):
				t.Error("ready gives what has come meanwhile, too")
			}
		})
		defer s.page.Close()
		s.must(s.Eval("first"))
		s.ready(s.conn.Load())
		close(returned)
		s.must(s.Flush(t.Context()))
		if given := s.given.Load(); given != most {
			t.Errorf("%d scripts were given, want %d", given, most)
		}
	})
}
