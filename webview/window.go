package webview

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/transport"
)

// Window is one window with one page at a time.
type Window struct {
	app     *App
	label   string
	done    chan struct{}
	closed  atomic.Bool
	page    atomic.Pointer[page]
	readers chan struct{} // one element a file that is open

	// Main thread only.
	native  nativeWindow
	loading string // own origin of the document that loads, or ""
	origin  string // own origin of the document that is shown, or "": a foreign one, or none
}

func newWindow(a *App, label string) *Window {
	return &Window{app: a, label: label, done: make(chan struct{}), readers: make(chan struct{}, assetReaders)}
}

// page is the connection with one document.
type page struct {
	session *transport.Session
	pulls   *transport.Pulls
}

// Caller gives the window whose page called the command of ctx, or nil.
func Caller(ctx context.Context) *Window {
	s := transport.SessionFrom(ctx)
	if s == nil {
		return nil
	}
	w, _ := s.Owner().(*Window)
	return w
}

// Label gives the window's label.
func (w *Window) Label() string { return w.label }

// Done is closed when the window is closed and its session has ended.
func (w *Window) Done() <-chan struct{} { return w.done }

// Session gives the session with the page that the window shows, or nil: the page has not
// connected yet, is of a foreign origin, or is gone.
func (w *Window) Session() *transport.Session {
	p := w.page.Load()
	if p == nil {
		return nil
	}
	select {
	case <-p.session.Done():
		return nil
	default:
		return p.session
	}
}

// Eval has the page run a script, in order with other evals and events; it does not wait for
// that. Errors: ErrNoSession, or transport.Session.Eval's.
func (w *Window) Eval(js string) error {
	s := w.Session()
	if s == nil {
		return fmt.Errorf("%w: %q", ErrNoSession, w.label)
	}
	return s.Eval(js)
}

// EvalResult has the page run a script and waits for its value, as JSON; a promise is awaited.
// Don't call it on the main goroutine. Errors: ErrNoSession, ErrMainThread, or
// transport.Session.EvalResult's.
func (w *Window) EvalResult(ctx context.Context, js string) (json.RawMessage, error) {
	if onMainThread() {
		return nil, fmt.Errorf("%w: EvalResult would wait for a page that needs this thread", ErrMainThread)
	}
	s := w.Session()
	if s == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoSession, w.label)
	}
	return s.EvalResult(ctx, js)
}

// SetTitle changes the title. A closed window ignores it.
func (w *Window) SetTitle(title string) { w.post(func() { w.native.setTitle(title) }) }

// SetSize changes the page's size, in device-independent pixels. A closed window ignores it.
func (w *Window) SetSize(width, height int) error {
	if err := checkSize(width, height); err != nil {
		return err
	}
	w.post(func() { w.native.setSize(width, height) })
	return nil
}

// Navigate begins to load url, which resolves as WindowOptions.URL does. Another document
// ends the session. A closed window ignores it.
func (w *Window) Navigate(url string) error {
	u, err := w.app.origins.resolve(url)
	if err != nil {
		return err
	}
	w.post(func() { w.native.load(u) })
	return nil
}

// Reload loads the page again, which ends the session. It also revives a window whose web
// process has ended. A closed window ignores it.
func (w *Window) Reload() { w.post(func() { w.native.reload() }) }

// Close begins to close the window; Done tells when it is. The messages that its session
// has not delivered are lost: Session.Flush before.
func (w *Window) Close() {
	w.post(func() { w.native.close(w) })
}

// Screenshot gives a picture of the visible part of the page, in device pixels. Don't call it on the
// main goroutine. Errors: ErrClosed, ErrMainThread, ctx's.
func (w *Window) Screenshot(ctx context.Context) (image.Image, error) {
	if onMainThread() {
		return nil, fmt.Errorf("%w: Screenshot would wait for a page that needs this thread", ErrMainThread)
	}
	result := make(chan snapshot, 1)
	w.post(func() { w.native.snapshot(result) })
	select {
	case s := <-result:
		if s.err != nil {
			return nil, fmt.Errorf("webview: failed to take a screenshot: %w", s.err)
		}
		return s.image(), nil
	case <-w.done:
		return nil, fmt.Errorf("%w: window %q", ErrClosed, w.label)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// post runs f on the main thread, unless the window is closed by then.
func (w *Window) post(f func()) {
	post(func() {
		if !w.closed.Load() {
			f()
		}
	})
}

// shut ends the window's session and gives its native parts back. Main thread only.
func (w *Window) shut(reason string) {
	if !w.closed.CompareAndSwap(false, true) {
		return
	}
	w.endSession(reason)
	w.native.release()
	w.app.remove(w)
	close(w.done)
}

// snapshot is a picture as the native side gives it: premultiplied BGRA.
type snapshot struct {
	pix                   []byte
	width, height, stride int
	err                   error
}

func (s snapshot) image() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, s.width, s.height))
	for y := range s.height {
		from, to := s.pix[y*s.stride:], m.Pix[y*m.Stride:]
		for x := 0; x < 4*s.width; x += 4 {
			to[x], to[x+1], to[x+2], to[x+3] = from[x+2], from[x+1], from[x], from[x+3]
		}
	}
	return m
}
