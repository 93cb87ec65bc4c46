package webview

import (
	"context"
	"net/http"

	"github.com/tailrace-go/tailrace/internal/faults"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/webview/internal/view"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// pagesOf makes what all pages of an App share. check is asked about files of the system.
func (o Options) pagesOf(check func(transport.Permission) error) (*serving.Pages, error) {
	return serving.New(serving.Options{
		DevURL: o.DevURL, Assets: o.Assets, DotFiles: o.DotFiles, Fallback: o.Fallback,
		MaxRequestBody: o.MaxRequestBody, MaxUnseekable: o.MaxUnseekable, Header: o.Header,
		SPA: o.SPA, LocalFiles: o.LocalFiles, Check: check, Modules: o.tauri(),
		ImportMap: o.ImportMap, Logger: o.Logger,
	})
}

// windowKey is that of the window in the context of a request.
type windowKey struct{}

// viewer makes what serves the window its pages; instead, if not nil, answers in place of the app.
func (w *Window) viewer(instead http.Handler) *serving.Viewer {
	return w.app.pages.Viewer(serving.ViewerOptions{
		Label:    w.label,
		Sessions: (*sessions)(w),
		Instead:  instead,
		Foreign:  func() bool { return w.native.Foreign() },
		Context:  context.WithValue(context.Background(), windowKey{}, w),
		Ping:     func(pong func()) { w.post(func() { w.native.Ping(pong) }) },
	})
}

// request answers one request of the window's page. It runs on the main thread and does not block.
func (w *Window) request(in *view.Request, to view.Responder) {
	in.Shown = serving.Shown{Origin: w.nav.shown.origin, Leading: w.nav.load.leading}
	if i := faults.Active(); i != nil {
		if to = disturb(i, w, in, to); to == nil {
			return
		}
	}
	w.served.Serve(in, to)
}

// sessions is a Window as what serves its pages sees it. Main thread only.
type sessions Window

var _ serving.Host = (*sessions)(nil)

// Hello implements serving.Host.
func (s *sessions) Hello(in *serving.Request, a serving.Reply) { (*Window)(s).greet(in, a) }

// Page implements serving.Host: what the window shows, or has just left.
func (s *sessions) Page() serving.Page {
	if p := s.pages.current.Load(); p != nil {
		return p
	}
	if p := s.pages.former.page; p != nil {
		return p
	}
	return nil
}

var _ serving.Page = (*page)(nil)

// ID implements serving.Page.
func (p *page) ID() string { return p.session.ID() }

// MaxBody implements serving.Page.
func (p *page) MaxBody() int64 { return p.most }

// Batch implements serving.Page.
func (p *page) Batch(body []byte, answer func(pulls.Answer)) { p.pulls.Request(body, answer) }

// GiveUp implements serving.Page: the page goes on over the scheme.
func (p *page) GiveUp(reason string) {
	if p.shared != nil {
		p.shared.Down(reason)
	}
}

// Leave implements serving.Page: the session ends when that batch is handled.
func (p *page) Leave(last uint64) {
	if f := p.window.pages.former; p == f.page {
		p.session.Leave(last, f.reason)
	} else {
		p.last = &last // the next document is not committed yet
	}
}
