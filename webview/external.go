package webview

import (
	"errors"
	"fmt"
	"time"
)

// openFor opens a window for a page, with a label of its own.
func (a *App) openFor(uri string) error {
	for {
		_, err := a.Open(WindowOptions{Label: fmt.Sprintf("opened-%d", a.opening.Add(1)), URL: uri})
		if !errors.Is(err, errTaken) {
			return err
		}
	}
}

// allowance bounds how often something is done: allowanceBurst times at once, and one more each
// allowanceEach. A page that the user keeps clicking, or that navigates in a loop after a click,
// opens no more than that. Main thread only.
type allowance struct {
	used int
	last time.Time
}

const (
	allowanceBurst = 3
	allowanceEach  = time.Second
)

// take says whether it may be done once more, and counts that.
func (a *allowance) take() bool { return a.takeAt(time.Now()) }

func (a *allowance) takeAt(now time.Time) bool {
	if a.last.IsZero() {
		a.last = now
	}
	back := int(now.Sub(a.last) / allowanceEach)
	if back >= a.used {
		a.used, a.last = 0, now
	} else {
		a.used, a.last = a.used-back, a.last.Add(time.Duration(back)*allowanceEach)
	}
	if a.used >= allowanceBurst {
		return false
	}
	a.used++
	return true
}
