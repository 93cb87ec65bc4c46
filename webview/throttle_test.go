package webview

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		type call struct {
			n  int
			at time.Duration
		}
		calls := make(chan call, 100)
		turns := make(chan func(), 100) // the goroutine that uses it
		th := throttle{after: func(d time.Duration, f func()) {
			time.AfterFunc(d, func() { turns <- f })
		}}
		do := func(n int) {
			turns <- func() { th.do(func() { calls <- call{n, time.Since(begin)} }) }
		}
		go func() {
			for f := range turns {
				f()
			}
		}()
		// 100 calls, one each millisecond, a pause, and one more.
		for n := range 100 {
			do(n)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		do(100)
		time.Sleep(time.Second)
		synctest.Wait()
		close(turns)
		synctest.Wait()
		close(calls)
		var got []call
		for c := range calls {
			got = append(got, c)
		}
		if !slices.IsSortedFunc(got, func(a, b call) int { return a.n - b.n }) {
			t.Errorf("out of order: %v", got)
		}
		if got[0].n != 0 || got[0].at != 0 {
			t.Errorf("the first call came as %v", got[0])
		}
		if last := got[len(got)-1]; last.n != 100 {
			t.Errorf("the last call was %v", last)
		}
		if run := got[len(got)-2]; run.n != 99 {
			t.Errorf("the run's last call was %v", run)
		}
		for i := 1; i < len(got); i++ {
			if gap := got[i].at - got[i-1].at; gap < throttleInterval {
				t.Errorf("%v came %v after %v", got[i], gap, got[i-1])
			}
		}
		if len(got) > 100/16+3 {
			t.Errorf("%d calls: %v", len(got), got)
		}
	})
}

func TestUnanswered(t *testing.T) {
	const timeout = 5 * time.Second
	begin := time.Unix(1000, 0)
	type ask struct {
		after  time.Duration
		closes bool
	}
	for name, c := range map[string]struct {
		timeout time.Duration
		asks    []ask
	}{
		"once":               {timeout, []ask{{0, false}}},
		"soon again":         {timeout, []ask{{0, false}, {1, false}, {4 * time.Second, false}}},
		"after the time-out": {timeout, []ask{{0, false}, {timeout, true}}},
		"the first one counts": {timeout, []ask{
			{0, false}, {3 * time.Second, false}, {6 * time.Second, true},
		}},
		"forgotten": {timeout, []ask{
			{0, false}, {15 * time.Second, false}, {16 * time.Second, false},
			{21 * time.Second,
				true},
		}},
		"never": {-1, []ask{{0, false}, {time.Hour, false}, {2 * time.Hour, false}}},
	} {
		var u unanswered
		for _, a := range c.asks {
			if got := u.again(begin.Add(a.after), c.timeout); got != a.closes {
				t.Errorf("%s: after %v: %v", name, a.after, got)
			}
		}
	}
}
