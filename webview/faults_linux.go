//go:build linux && cgo

package webview

import (
	"net/http"
	"strings"

	"github.com/tailrace-go/tailrace/internal/faults"
)

// disturb has an Injector decide on a request of a page's client. The responder that it gives is
// nil when the request is over already: nobody has got it, as far as the page can see.
func disturb(i *faults.Injector, w *Window, in *incoming, r schemeRequest) responder {
	target, _ := served(in.uri)
	path, ok := strings.CutPrefix(target, controlPath)
	if in.method != http.MethodPost || !ok || path != "batch" && path != "hello" &&
		path != "carrier" {
		return r
	}
	e, lost := i.Begin(faults.Request{Label: w.label, Session: in.session, Path: path, Up: in.body})
	if lost {
		r.control(faults.Failed, kindBytes, false, nil, 0)
		return nil
	}
	return disturbed{r, e}
}

// disturbed is a request whose answer may come to harm.
type disturbed struct {
	schemeRequest
	exchange *faults.Exchange
}

var _ responder = disturbed{}

// control implements responder.
func (d disturbed) control(status int, k contentKind, cors bool, body [][]byte, n int) {
	whole := make([]byte, 0, n)
	for _, b := range body {
		whole = append(whole, b...)
	}
	d.exchange.Answer(status, whole, func(status int, body []byte) {
		d.schemeRequest.control(status, k, cors, [][]byte{body}, len(body))
	})
}
