package webview

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/transport/carrier/shm"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
	"github.com/tailrace-go/tailrace/webview/internal/tauri"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// The life of a window's sessions. Everything here runs on the main thread.
//
// WebKit tells of a new document (committed) before its first script runs, over the same
// connection as the document's requests. So this order holds:
//
//  1. committed: the session of the document before is left. It takes what its page has sent, and
//     sends nothing. It ends when the batch is handled that its page named as the last one
//  2. hello of the new document: its session begins, once the one before has ended
//
// A window that is closed leaves its page the same way: see destroy.
//
// The last requests of a page that is left come before or behind 1, and may come behind the hello,
// which waits for them: until `lingering` is over, at most. A hello never belongs to a document
// that is yet to be committed.

// pages are a window's sessions: with the document that it shows, and with the one before.
type pages struct {
	words   string               // the event of its pages' last words
	current atomic.Pointer[page] // nil: there is none
	leaving atomic.Pointer[page] // the one before, whose last commands still run

	// Main thread only.
	former    former
	documents uint64 // that were committed
	hellos    uint64 // that were said
}

// page is the connection with one document.
type page struct {
	window    *Window
	session   *transport.Session
	pulls     *pulls.Carrier
	shared    *shm.Carrier // nil: the scheme alone
	resources tauri.Resources
	most      int64   // bytes of a request's body
	last      *uint64 // the number of its last batch, once the page has said that it is being left
}

// lingering bounds how long the session of a page that is left takes what comes. Most pages say
// themselves what their last batch is; those that don't were killed, or may not fetch.
const lingering = 250 * time.Millisecond

// former is a page that the window does not show any more, and whose last requests may still come.
type former struct {
	*page
	reason string
}

// depart has the session end when its last batch is handled: see above.
func (w *Window) depart(reason string) {
	w.life.unanswered = unanswered{}
	p := w.pages.current.Load()
	if p == nil && w.life.ending.Load() {
		return // a document more, behind the page that is waited for
	}
	w.endFormer()
	w.pages.leaving.Store(p) // first: a command of the page finds it in one of the two
	w.pages.current.Store(nil)
	if p == nil {
		return
	}
	w.pages.former = former{p, reason}
	w.events.Leave()
	bound := lingering
	if p.last != nil {
		p.session.Leave(*p.last, reason)
		if w.life.ending.Load() {
			bound = lastWords // no other page waits for it
		}
	}
	over := func() {
		w.post(func() {
			if w.pages.former.page == p {
				w.endFormer()
			}
			w.finish()
		})
	}
	t := time.AfterFunc(bound, over)
	go func() {
		<-p.session.Done()
		t.Stop()
		over()
	}()
}

// greet is hello, behind what the page before may still send. A window that is being closed has had
// its last page. Of several that wait, the last one counts: a page that comes back from WebKit's
// cache has given up those before.
func (w *Window) greet(in *serving.Request, a serving.Reply) {
	w.pages.hellos++
	f, document, nth := w.pages.former, w.pages.documents, w.pages.hellos
	switch {
	case w.life.ending.Load():
		refuseHello(a)
		return
	case f.page == nil:
		w.hello(in, a)
		return
	}
	go func() {
		<-f.session.Done()
		// a window that is closed answers, too: the native side keeps the request until then
		mainloop.Post(func() {
			if w.pages.former.page == f.page {
				w.endFormer()
				w.finish()
			}
			switch {
			case w.life.closed.Load() || w.pages.documents != document || w.nav.shown.origin == "":
				refuseHello(a)
				return
			case w.pages.hellos != nth:
				a.Refuse(http.StatusGone, transport.CodeClosed, "the page has said hello again")
				return
			}
			w.greet(in, a)
		})
	}()
}

func refuseHello(a serving.Reply) {
	a.Refuse(http.StatusGone, transport.CodeClosed, "the document that said hello is gone")
}

// endFormer ends the session of the page that was left, if there is one.
func (w *Window) endFormer() {
	l := w.pages.former
	w.pages.former = former{}
	w.pages.leaving.Store(nil)
	if l.page != nil {
		w.end(l.page, l.reason)
	}
}

// endSession ends the session, if there is one.
func (w *Window) endSession(reason string) {
	w.life.unanswered = unanswered{}
	w.endFormer()
	if p := w.pages.current.Swap(nil); p != nil {
		w.end(p, reason)
	}
	if w.inspector {
		w.events.SetForeign(true) // what the app emits is not kept for it
	}
}

// end ends the session of a page, which the window shows no more.
func (w *Window) end(p *page, reason string) {
	if w.pages.current.Load() == nil {
		w.native.LimitBodies(0)
	}
	p.session.Leave(0, reason)
	p.resources.End(func(err error) {
		w.app.log.Warn("webview: failed to close a resource of a page that is gone",
			"window", w.label, "error", err)
	})
}

// hello begins a session with the document that is shown.
func (w *Window) hello(in *serving.Request, a serving.Reply) {
	w.app.platform.Repair()
	w.endSession("page connected anew")
	p, err := w.connect(in.Memory == "1")
	if err != nil {
		w.app.log.Error("webview: failed to open a session", "window", w.label, "error", err)
		a.Refuse(http.StatusServiceUnavailable, transport.CodeError,
			"the session can't be opened: "+err.Error())
		return
	}
	hello := p.session.Hello()
	p.most = serving.MaxBody(hello)
	w.pages.current.Store(p)
	w.events.Connect(p.session)
	w.native.LimitBodies(p.most)
	a.JSON(http.StatusOK, hello)
}

// connect opens a session, and offers its page shared memory if both can have it. extended: the
// page has the extension.
func (w *Window) connect(extended bool) (*page, error) {
	p := &page{window: w, pulls: pulls.New(schemeName)}
	carrier, err := w.carrier(p, extended)
	if err != nil {
		return nil, err
	}
	p.session, err = w.app.engine.Open(transport.SessionConfig{
		Carrier: carrier,
		Label:   w.label,
		Origin:  w.nav.shown.origin,
		Owner:   w,
		Settle:  w.events.Settle,
		Unknown: w.app.unknown,
		NativeEval: func(id uint32, js string, expectResult bool) {
			w.nativeEval(p, id, js, expectResult)
		},
	})
	if err != nil {
		carrier.Close(&transport.ClosedError{Reason: "the session could not open", Cause: err})
		return nil, err
	}
	if p.shared == nil {
		return p, nil
	}
	err = w.offer(p.shared, p.session.ID())
	switch {
	case err == nil:
	case w.app.options.Carrier == CarrierShm:
		p.session.End("no shared memory")
		return nil, noShared(err)
	default:
		p.shared.Down(err.Error())
	}
	return p, nil
}
