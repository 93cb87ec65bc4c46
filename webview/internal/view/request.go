package view

import "github.com/tailrace-go/tailrace/webview/serving"

// What a page asks over the custom scheme, and how it is answered, is as for all that serves pages.
type (
	// Request is one request. Request.Shown is the Host's to fill in.
	Request = serving.Request
	// Responder answers it.
	Responder = serving.Responder
	// Body is the body of an answer that is streamed.
	Body = serving.Body
	// ContentKind is the content type of a control answer.
	ContentKind = serving.ContentKind
)

// The kinds, and the bound of a request's URL and headers, in bytes.
const (
	KindBytes = serving.KindBytes
	KindJSON  = serving.KindJSON
	MaxHead   = serving.MaxHead
)

// ErrGone is a page that is gone, or does not want the rest of an answer.
var ErrGone = serving.ErrGone
