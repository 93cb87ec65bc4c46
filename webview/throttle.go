package webview

import "time"

// throttleInterval is the least time between two resize events of a window, or two move events: one
// of each a frame.
const throttleInterval = 16 * time.Millisecond

// throttle lets the first of a run of calls pass at once, then the latest one after each interval.
// So the last one always passes. One goroutine uses it.
type throttle struct {
	after func(d time.Duration, f func()) // calls f on that goroutine after a while
	busy  bool
	next  func()
}

// do calls f, now or later, or a newer function instead.
func (t *throttle) do(f func()) {
	if t.busy {
		t.next = f
		return
	}
	t.busy = true
	f()
	t.after(throttleInterval, func() {
		t.busy = false
		if f := t.next; f != nil {
			t.next = nil
			t.do(f)
		}
	})
}
