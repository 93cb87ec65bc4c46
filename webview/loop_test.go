//go:build linux && cgo

package webview

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/builtin"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
)

// standStill has the main thread stand until the function that it gives is called.
func standStill(t *testing.T) (goOn func()) {
	t.Helper()
	release, stands := make(chan none), make(chan none)
	mainloop.Post(func() {
		close(stands)
		<-release
	})
	wait(t, stands, "the main thread")
	return func() { close(release) }
}

// TestChangesAreBounded: changes that the app makes faster than they can be done don't pile up, of
// each kind the last one is done, and whoever asks sees all that was changed before. Quit would not
// wait for them.
func TestChangesAreBounded(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	goOn := standStill(t)
	most := 0
	change := func(from int) {
		for n := from; n < from+20*mainloop.MaxWaiting; n++ {
			p.SetTitle(fmt.Sprint("title ", n))
			if err := p.SetSize(200+n%50, 300); err != nil {
				t.Fatal(err)
			}
			p.SetResizable(n%2 == 0)
			p.Show()
			p.Reload()
			waiting, _ := mainloop.Waiting()
			most = max(most, waiting)
		}
	}
	const last = 2*20*mainloop.MaxWaiting - 1
	change(0)
	before, overtaken := make(chan string, 1), make(chan int, 1)
	go func() {
		title, err := p.Title()
		before <- fmt.Sprint(title, " ", err)
	}()
	eventually(t, "the question", func() bool {
		_, asks := mainloop.Waiting()
		return asks
	})
	change(20 * mainloop.MaxWaiting)
	mainloop.PostFirst(func() {
		waiting, _ := mainloop.Waiting()
		overtaken <- waiting
	})
	goOn()
	if n := wait(t, overtaken, "what comes first"); n == 0 {
		t.Error("what comes first came last")
	}
	want := fmt.Sprint("title ", 20*mainloop.MaxWaiting-1, " <nil>")
	if got := wait(t, before, "the question"); got != want {
		t.Errorf("asked in between: %q, want %q", got, want)
	}
	s, err := p.State()
	want = fmt.Sprint("title ", last)
	if err != nil || s.Title != want || s.Resizable != (last%2 == 0) {
		t.Errorf("%+v, %v, want %q", s, err, want)
	}
	t.Logf("at most %d functions waited of %d", most, 5*(last+1))
	if most > 2*mainloop.MaxWaiting {
		t.Errorf("%d functions waited, the bound is %d", most, 2*mainloop.MaxWaiting)
	}
}

// TestLoopHasItsTurn: functions for the main thread that are without end, and long, let the loop do
// what has a lower priority, and each of them runs, in order.
func TestLoopHasItsTurn(t *testing.T) {
	const count = 200
	ran, idles := 0, 0
	done := make(chan none)
	stop := make(chan none)
	counted := make(chan int)
	go func() {
		for {
			select {
			case <-stop:
				counted <- idles
				return
			case <-mainloop.Idle():
				idles++
			}
		}
	}()
	goOn := standStill(t)
	for n := range count {
		mainloop.Post(func() {
			if ran != n {
				t.Errorf("function %d ran after %d others", n, ran)
			}
			ran++
			for begun := time.Now(); time.Since(begun) < mainloop.Turn/4; {
			}
			if ran == count {
				close(done)
			}
		})
	}
	goOn()
	wait(t, done, "the functions")
	close(stop)
	n := <-counted
	t.Logf("the loop was idle %d times beside %d functions of 1 ms", n, count)
	if n < count/16 {
		t.Errorf("the loop had its turn %d times beside %d functions", n, count)
	}
}

// TestAccess: a page has one command on the main thread at a time, behind the loop's own work, and
// pays what it costs; who gives up, or whose App ends, does not keep it.
func TestAccess(t *testing.T) {
	a := newAccess()
	over := make(chan struct{})
	if err := a.take(t.Context(), over, builtin.Asking); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error, 1)
	go func() { second <- a.take(ctx, over, builtin.Asking) }()
	select {
	case err := <-second:
		t.Fatalf("two have the turn: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	cancel()
	if err := wait(t, second, "who gave up"); err != context.Canceled {
		t.Error(err)
	}
	mainloop.Post(a.give)
	if err := a.take(t.Context(), over, builtin.Asking); err != nil {
		t.Fatal(err)
	}
	close(over)
	if err := a.take(t.Context(), over, builtin.Asking); err != ErrClosed {
		t.Error(err)
	}
}

// TestPrices: so many changes at once, then so many a second, and no more for who has waited long.
func TestPrices(t *testing.T) {
	for _, p := range []builtin.Price{builtin.Changing, builtin.Dear} {
		cost := prices[p]
		synctest.Test(t, func(t *testing.T) {
			a := newAccess()
			begun := time.Now()
			for n := range cost.burst + 10 {
				if err := a.take(t.Context(), nil, p); err != nil {
					t.Fatal(err)
				}
				<-a.held
				want := max(0, time.Duration(n+1-cost.burst)*cost.each)
				if got := time.Since(begun); got != want {
					t.Errorf("command %d after %v, want %v", n+1, got, want)
				}
			}
			gone, cancel := context.WithTimeout(t.Context(), cost.each/2)
			defer cancel()
			for range 100 { // which give up, and cost nothing
				if err := a.take(gone, nil, p); err == nil {
					t.Fatal("a command came before its time")
				}
			}
			begun = time.Now()
			if err := a.take(t.Context(), nil, p); err != nil {
				t.Fatal(err)
			}
			<-a.held
			if got := time.Since(begun); got > cost.each {
				t.Errorf("behind commands that gave up it took %v", got)
			}
			time.Sleep(time.Hour)
			begun = time.Now()
			for range cost.burst + 1 {
				if err := a.take(t.Context(), nil, p); err != nil {
					t.Fatal(err)
				}
				<-a.held
			}
			if got := time.Since(begun); got != cost.each {
				t.Errorf("one more than the burst after %v, want %v", got, cost.each)
			}
		})
	}
}
