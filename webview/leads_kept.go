package webview

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// WebKit keeps an object of each navigation in this process, until it learns that the document to
// which it led is gone. A navigation that another one overtakes in its frame leads to none, nor
// does one of a frame without a document of its own: they stay until the web process ends. Each
// has a timer, too. With tens of thousands of them the main loop does little else, and no window
// draws any more. So a page of which WebKit keeps too many loses its web process.
//
// WebKit does not tell what it keeps. But its timers can be looked up in the main loop, and the one
// of a navigation is new when WebKit asks where it may lead. Navigations without a timer, as those
// within a document, leave nothing. WebKitGTK 2.50 does so; of one that names its timers
// otherwise, nothing would be counted, which TestNavigationsKept shows.

const (
	// keptEach is what WebKit keeps of a navigation, in bytes. The URL comes on top, twice.
	keptEach = 10 << 10
	// maxKept bounds what it keeps of the pages of all windows.
	maxKept = 100 << 20
	// keptAfter is what it may keep of windows that are closed.
	keptAfter = 1 << 20
)

// keptLead is a navigation of which WebKit may still have the object.
type keptLead struct {
	timer uint32 // its source's number
	url   int    // bytes
}

func (n keptLead) bytes() int64 { return keptEach + 2*int64(n.url) }

// keptLeads are those of a window.
type keptLeads struct {
	list  []keptLead
	bytes int64
}

// verify leaves out what WebKit does not keep any more.
func (n *keptLeads) verify(there func(timer uint32) bool) {
	n.bytes = 0
	n.list = slices.DeleteFunc(n.list, func(g keptLead) bool {
		if !there(g.timer) {
			return true
		}
		n.bytes += g.bytes()
		return false
	})
}

// kept counts what WebKit keeps.
type kept struct {
	of    map[*Window]*keptLeads
	there func(timer uint32) bool // whether there still is such a timer
	left  int64                   // of windows that are closed
}

// keeping is the process's, as its main loop is. Main thread only.
var keeping = kept{of: make(map[*Window]*keptLeads), there: keeps}

// keeps says whether WebKit still keeps the navigation with that timer.
func keeps(timer uint32) bool { return view.Registered().Keeps(timer) }

// begun counts a navigation. When it is too much, it gives the window of which WebKit keeps most,
// with the bytes, and forgets it: its web process must end.
func (k *kept) begun(w *Window, g keptLead) (most *Window, bytes int64) {
	n := k.of[w]
	if n == nil {
		n = &keptLeads{}
		k.of[w] = n
	}
	n.list = append(n.list, g)
	n.bytes += g.bytes()
	if k.bytes() <= maxKept {
		return nil, 0
	}
	for _, n := range k.of {
		n.verify(k.there)
	}
	if k.bytes() <= maxKept*3/4 { // else it would soon be looked up again
		return nil, 0
	}
	for other, n := range k.of {
		if n.bytes > bytes {
			most, bytes = other, n.bytes
		}
	}
	delete(k.of, most)
	return most, bytes
}

// forget is told that a window's web process has ended.
func (k *kept) forget(w *Window) { delete(k.of, w) }

// closes says whether the web process of a window that closes has to end: WebKit keeps what it kept
// of the window otherwise.
func (k *kept) closes(w *Window) (end bool) {
	n := k.of[w]
	if n == nil {
		return false
	}
	k.forget(w)
	n.verify(k.there)
	if k.left+n.bytes > keptAfter {
		return n.bytes > 0
	}
	k.left += n.bytes
	return false
}

func (k *kept) bytes() (all int64) {
	for _, n := range k.of {
		all += n.bytes
	}
	return all
}

// navigates is told of each navigation that begins. Main thread only.
func (w *Window) navigates(timer uint32, url int) {
	most, bytes := keeping.begun(w, keptLead{timer, url})
	if most == nil {
		return
	}
	most.app.log.Error("webview: a page began too many navigations that came to nothing. WebKit "+
		"keeps memory of each, so the page's process is ended", "window", most.label,
		"bytes", bytes)
	most.nav.shown.outgrown = true
	most.post(func() { // not within WebKit's question
		if most.nav.shown.outgrown { // else it has ended by itself
			most.native.Kill()
		}
	})
}

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
