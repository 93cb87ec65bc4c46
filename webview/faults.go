package webview

import (
	"net/http"
	"strings"

	"github.com/tailrace-go/tailrace/internal/faults"
	"github.com/tailrace-go/tailrace/webview/internal/view"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// disturb has an Injector decide on a request of a page's client. The Responder that it gives is
// nil when the request is over already: nobody has got it, as far as the page can see.
func disturb(i *faults.Injector, w *Window, in *view.Request, r view.Responder) view.Responder {
	target, _ := w.app.origins.Served(in.URI)
	path, ok := strings.CutPrefix(target, serving.ControlPath)
	if in.Method != http.MethodPost || !ok || path != "batch" && path != "hello" &&
		path != "carrier" {
		return r
	}
	e, lost := i.Begin(faults.Request{Label: w.label, Session: in.Session, Path: path, Up: in.Body})
	if lost {
		r.Control(faults.Failed, view.KindBytes, false, nil, 0)
		return nil
	}
	return disturbed{r, e}
}

// disturbed is a request whose answer may come to harm.
type disturbed struct {
	view.Responder
	exchange *faults.Exchange
}

var _ view.Responder = disturbed{}

// Control implements view.Responder.
func (d disturbed) Control(status int, k view.ContentKind, cors bool, body [][]byte, n int) {
	whole := make([]byte, 0, n)
	for _, b := range body {
		whole = append(whole, b...)
	}
	d.exchange.Answer(status, whole, func(status int, body []byte) {
		d.Responder.Control(status, k, cors, [][]byte{body}, len(body))
	})
}
