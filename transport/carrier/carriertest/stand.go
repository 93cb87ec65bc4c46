package carriertest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// stand is one session on the carrier that is tested, with its page.
type stand struct {
	t       testing.TB
	setup   Setup
	page    *transporttest.Page
	session *transport.Session
	watch   *watch
	log     *lines

	before int  // goroutines
	ended  bool // the case has ended the session, or the page
	once   sync.Once
}

// lines is what the engine logs.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// with gives the lines that hold a text.
func (l *lines) with(text string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// open opens a page on the carrier. register adds the case's commands; page changes its
// configuration, if not nil. The session ends with the case at the latest.
func open(t testing.TB, s Setup, o transport.Options, register func(*transport.Engine),
	page func(*transporttest.Config)) *stand {
	t.Helper()
	st := &stand{t: t, setup: s, log: new(lines), before: runtime.NumGoroutine()}
	o.Logger = slog.New(slog.NewTextHandler(st.log, nil))
	if o.ResendAfter == 0 && !s.Lossy {
		o.ResendAfter = time.Hour // what is not told to be lost is never sent again
	}
	e, err := transport.NewEngine(o)
	if err != nil {
		t.Fatal(err)
	}
	if register != nil {
		register(e)
	}
	c := transporttest.Config{Patience: s.Patience}
	if page != nil {
		page(&c)
	}
	opened := s.Join(t, &c)
	carrier := c.Carrier
	c.Carrier = func(p *pulls.Carrier) transport.Carrier {
		st.watch = &watch{inner: p, lends: s.Lends}
		if carrier != nil {
			st.watch.inner = carrier(p)
		}
		return st.watch.carrier()
	}
	if st.page, err = transporttest.Open(e, c); err != nil {
		t.Fatal(err)
	}
	st.session = st.page.Session
	defer func() { t.Cleanup(st.close) }() // before what the page's half tidies up
	if opened != nil {
		opened(st.page)
	}
	return st
}

// soon is a context for what must happen within the suite's patience.
func (st *stand) soon() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), st.setup.Patience)
	st.t.Cleanup(cancel)
	return ctx
}

// within runs what must come to its end within the suite's patience. It reports whether it has.
func (st *stand) within(what string, f func()) bool {
	st.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return true
	case <-time.After(st.setup.Patience):
		st.t.Errorf("not within %v: %s", st.setup.Patience, what)
		return false
	}
}

// eventually waits for what must come true within the suite's patience.
func (st *stand) eventually(what string, ok func() bool) bool {
	st.t.Helper()
	for end := time.Now().Add(st.setup.Patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			st.t.Errorf("not within %v: %s", st.setup.Patience, what)
			return false
		}
	}
	return true
}

// close ends the session and the page, and checks what every session must leave behind.
func (st *stand) close() { st.once.Do(st.finish) }

func (st *stand) finish() {
	t := st.t
	t.Helper()
	if !st.ended {
		if err := st.session.Err(); err != nil {
			t.Errorf("the session has ended: %v", err)
		}
		if err := st.page.Err(); err != nil {
			t.Errorf("the page has ended: %v", err)
		}
		if name := st.watch.inner.Name(); name != st.setup.Name {
			t.Errorf("at the end the carrier is %q, want %q", name, st.setup.Name)
		}
	}
	if !st.within("the end of the session, and of the page's requests", st.page.Close) {
		return
	}
	if err := transporttest.Leftovers(st.session); err != nil {
		t.Error(err)
	}
	st.checkWatch()
	if !st.setup.Lossy {
		st.checkNothingLost()
	}
	st.eventually("the end of all goroutines", func() bool {
		return runtime.NumGoroutine() <= st.before
	})
}

// checkWatch checks what stood between the session and the carrier.
func (st *stand) checkWatch() {
	w, t := st.watch, st.t
	t.Helper()
	st.eventually("Free of all memory", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.memory) == 0
	})
	st.eventually("LetRequestGo of all requests", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.held == 0
	})
	if w.Ready() {
		t.Error("the carrier is ready after its end")
	}
	late := make([]byte, 64)
	if w.inner.Deliver(&transport.Batch{
		Number: 1 << 40, Segments: [][]byte{late}, Len: len(late),
	}) {
		t.Error("the carrier takes a batch after its end")
	}
	if b, err := w.inner.Alloc(64 << 10); err == nil {
		w.inner.Free(b)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, wrong := range w.wrong {
		t.Error(wrong)
	}
	if w.bound != 1 || len(w.closed) != 1 {
		t.Errorf("the session called Bind %d times, Close %d times", w.bound, len(w.closed))
	}
	var rule *transport.RuleError
	if w.failed != nil && !errors.As(w.failed, &rule) {
		t.Errorf("the carrier calls Port.Fail with %v, which is no RuleError", w.failed)
	}
}

// checkNothingLost checks that the carrier brought everything once.
func (st *stand) checkNothingLost() {
	w, t := st.watch, st.t
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lostAll > 0 {
		t.Errorf("the carrier says %d times that all batches are lost", w.lostAll)
	}
	if w.refused > 0 {
		t.Errorf("%d of %d upward batches did not come whole", w.refused, w.received)
	}
	if n := st.session.Stats().Resent; n > 0 {
		t.Errorf("%d batches were sent again", n)
	}
	page := st.page.Stats()
	if page.Repeats > 0 || page.Cut > 0 {
		t.Errorf("the page got %d batches twice, and %d cut", page.Repeats, page.Cut)
	}
	if st.setup.Ordered && page.Early > 0 {
		t.Errorf("%d of %d batches came before their turn", page.Early, page.Batches)
	}
}
