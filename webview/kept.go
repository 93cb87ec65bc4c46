package webview

// WebKit keeps an object of each navigation in this process, until it learns that the document to
// which it led is gone. A navigation that another one overtakes in its frame leads to none, nor
// does one of a frame without a document of its own: they stay until the web process ends. Each
// has a timer, too. With tens of thousands of them the main loop does little else, and no window
// draws any more. So navigations are counted, and a page that began too many loses its web process.
// WebKitGTK 2.50 does so when it asks for a policy.

const (
	// keptEach is what WebKit keeps of a navigation, in bytes. The URL comes on top, twice.
	keptEach = 10 << 10
	// maxKept bounds what it keeps of the pages of all windows.
	maxKept = 200 << 20
	// keptAfter is what it may keep of a window that is closed.
	keptAfter = 1 << 20
)

// navigations are those of a window of which WebKit may still have the object.
type navigations struct {
	sure   int // that were seen when their timers were counted
	unsure int // that have begun since, and got no answer
	urls   int64
}

func (n *navigations) bytes() int64 { return int64(n.sure+n.unsure)*keptEach + n.urls }

// kept counts what WebKit keeps. It does not tell, and most navigations without an answer leave
// nothing either, as those within a document, or refused ones that nothing has overtaken. So at
// the bound their timers are counted, which takes the longer the longer nobody did.
type kept struct {
	of map[*Window]*navigations
	// timers counts the timers of navigations among the sources of the main loop from a number on,
	// and gives the number to go on with. It gives -1 when it can't know.
	timers func(from uint) (n int, next uint)
	from   uint
}

// keeping is the process's, as its main loop is. Main thread only.
var keeping = kept{of: make(map[*Window]*navigations), timers: nativeNavigationTimers}

// begun counts a navigation with a URL of so many bytes. When it is too much, it gives the window
// of which WebKit keeps most, with the bytes, and forgets it: its web process must end.
func (k *kept) begun(w *Window, url int) (most *Window, bytes int64) {
	n := k.of[w]
	if n == nil {
		n = &navigations{}
		k.of[w] = n
	}
	n.unsure++
	n.urls += 2 * int64(url)
	if k.bytes() <= maxKept {
		return nil, 0
	}
	k.verify()
	if k.bytes() <= maxKept*3/4 { // else it would soon be counted again
		return nil, 0
	}
	for other, n := range k.of {
		if n.bytes() > bytes {
			most, bytes = other, n.bytes()
		}
	}
	delete(k.of, most)
	return most, bytes
}

// answered counts that a navigation with such a URL got its answer: WebKit will give it up.
func (k *kept) answered(w *Window, url int) {
	if n := k.of[w]; n != nil && n.unsure > 0 {
		n.unsure--
		n.urls = max(0, n.urls-2*int64(url))
	}
}

// forget gives what was counted of a window, whose web process has ended or will.
func (k *kept) forget(w *Window) int64 {
	n := k.of[w]
	if n == nil {
		return 0
	}
	delete(k.of, w)
	return n.bytes()
}

func (k *kept) bytes() (all int64) {
	for _, n := range k.of {
		all += n.bytes()
	}
	return all
}

// verify counts the timers, of which nobody knows whose they are.
func (k *kept) verify() {
	unsure := 0
	for _, n := range k.of {
		unsure += n.unsure
	}
	timers, next := k.timers(k.from)
	k.from = next
	if timers < 0 || timers > unsure {
		timers = unsure
	}
	for _, n := range k.of {
		if n.unsure > 0 {
			n.sure += (n.unsure*timers + unsure - 1) / unsure
			n.unsure = 0
		}
	}
}

// navigates is told of each navigation that begins, and not of redirects. Main thread only.
func (w *Window) navigates(url int) {
	most, bytes := keeping.begun(w, url)
	if most == nil {
		return
	}
	most.app.log.Error("webview: a page began too many navigations that came to nothing. WebKit "+
		"keeps memory of each, so the page's process is ended", "window", most.label,
		"bytes", bytes)
	most.outgrown = true
	most.post(most.native.kill) // not within WebKit's question
}

// navigated is told that a navigation got its answer.
func (w *Window) navigated(url int) { keeping.answered(w, url) }
