package serving

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

// Host has the sessions of a viewer's pages. Its methods are called where Viewer.Serve is, and
// don't block: a server calls them from many goroutines, a window on the main thread.
type Host interface {
	// Hello begins a session with the document that is shown, and answers, now or later: the
	// request is one of a document of the app.
	Hello(r *Request, a Reply)
	// Page gives the connection whose requests are served: with what is shown, or was left last.
	// Nil: there is none.
	Page() Page
}

// nobody is a Host without sessions.
type nobody struct{}

// Hello implements Host.
func (nobody) Hello(_ *Request, a Reply) {
	a.Refuse(http.StatusGone, transport.CodeClosed, "there are no sessions")
}

// Page implements Host.
func (nobody) Page() Page { return nil }

// Page is the connection with one document. Its methods are called as those of Host.
type Page interface {
	// ID gives the session's id.
	ID() string
	// MaxBody gives what MaxBody says of the session's hello.
	MaxBody() int64
	// Batch hands over a request for data, as pulls.Carrier.Request does.
	Batch(body []byte, answer func(pulls.Answer))
	// GiveUp is told that the page has given shared memory up.
	GiveUp(reason string)
	// Leave is told that the page is being left, and which batch is its last.
	Leave(last uint64)
}

// call answers a request of the client's; false: the path is none of its own.
func (v *Viewer) call(path string, r *Request, a Reply) bool {
	switch path {
	case "batch":
		if p := v.inSession(r, a); p != nil {
			p.Batch(r.Body, a.batch)
		}
	case "hello":
		v.hello(r, a)
	case "carrier":
		v.givesUp(r, a)
	case "leave":
		v.leaves(r, a)
	default:
		return false
	}
	return true
}

// batch answers a request for data.
func (a Reply) batch(t pulls.Answer) {
	k := KindJSON
	if t.Status == http.StatusOK {
		k = KindBytes
	}
	a.To.Control(t.Status, k, a.CORS, t.Body, t.Len)
}

// allowed checks what every request of the client needs, and refuses one that lacks it. Requests
// that need no CORS, as forms, images and no-cors fetches make them, can't have the header. One of
// a foreign page that has it comes to a scheme without a preflight, since WebKit makes none for it,
// but with its Origin, and was refused for that.
func allowed(r *Request, a Reply) bool {
	switch {
	case r.Method != http.MethodPost:
		a.Refuse(http.StatusMethodNotAllowed, "method", "this path takes POST only")
	case r.Version != "1":
		a.Refuse(http.StatusForbidden, transport.CodeForbidden,
			"the header Tailrace-Version: 1 is missing, or of another version")
	default:
		return true
	}
	return false
}

// unreadableBody says what WebKit can't read.
const unreadableBody = "the body has a Blob or File in it, which WebKit can't hand to a scheme: " +
	"send its arrayBuffer()"

// inSession gives the page whose session a request belongs to, or refuses it and gives nil.
func (v *Viewer) inSession(r *Request, a Reply) Page {
	if !allowed(r, a) {
		return nil
	}
	if r.Session == "" {
		a.Refuse(http.StatusForbidden, transport.CodeForbidden,
			"the header Tailrace-Session is missing")
		return nil
	}
	p := v.session([]byte(r.Session))
	if p == nil {
		a.Refuse(http.StatusGone, transport.CodeClosed, "the session is over")
		return nil
	}
	if r.Unreadable {
		a.Refuse(http.StatusUnsupportedMediaType, transport.CodeProtocol, unreadableBody)
		return nil
	}
	if r.TooLarge {
		a.Refuse(http.StatusRequestEntityTooLarge, transport.CodeProtocol,
			"the batch is larger than maxBatch")
		return nil
	}
	return p
}

// session gives the page with a session; nil: it has another one, or none.
func (v *Viewer) session(id []byte) Page {
	p := v.options.Sessions.Page()
	if p == nil || subtle.ConstantTimeCompare(id, []byte(p.ID())) != 1 {
		return nil
	}
	return p
}

// hello checks the hello of a document.
func (v *Viewer) hello(r *Request, a Reply) {
	switch {
	case !allowed(r, a):
	case r.Shown.Origin == "" || v.pages.origins.Own(r.Active) == "":
		a.Refuse(http.StatusForbidden, transport.CodeForbidden, foreignPage)
	default:
		v.options.Sessions.Hello(r, a)
	}
}

const foreignPage = "the window shows a page of a foreign origin"

// longestReason bounds what a page says in words, in bytes.
const longestReason = 200

// givesUp is told by the page that it gave shared memory up. It goes on over the scheme.
func (v *Viewer) givesUp(r *Request, a Reply) {
	p := v.inSession(r, a)
	if p == nil {
		return
	}
	var body struct{ Reason string }
	if err := json.Unmarshal(r.Body, &body); err != nil {
		a.Refuse(http.StatusBadRequest, transport.CodeProtocol,
			"the body must be {\"reason\": \"…\"}")
		return
	}
	if len(body.Reason) > longestReason {
		body.Reason = body.Reason[:longestReason]
	}
	p.GiveUp("the page: " + body.Reason)
	a.JSON(http.StatusNoContent, nil)
}

// leaves takes a page's word that it is being left.
func (v *Viewer) leaves(r *Request, a Reply) {
	p := v.inSession(r, a)
	if p == nil {
		return
	}
	if !leave(p, r.Body) {
		a.Refuse(http.StatusBadRequest, transport.CodeProtocol,
			"the body must be {\"last\": number}")
		return
	}
	a.JSON(http.StatusNoContent, nil)
}

// leave takes the JSON of a page's word that it is being left.
func leave(p Page, body []byte) (ok bool) {
	var said struct{ Last uint64 }
	if err := json.Unmarshal(body, &said); err != nil {
		return false
	}
	p.Leave(said.Last)
	return true
}

// LastWords takes what a page says as it is being left, by a message in place of a request that
// would not outlive it: "SESSION batch BYTES" or "SESSION leave JSON", where BYTES has a character
// for each byte. Nobody answers. The text is UTF-8, and valid during the call only. It is called
// where Serve is.
//
// Any script of the main frame's document may be able to say something. Only one that has the
// session's id counts, as with requests.
func (v *Viewer) LastWords(text []byte) {
	session, rest, _ := bytes.Cut(text, []byte{' '})
	kind, rest, _ := bytes.Cut(rest, []byte{' '})
	p := v.session(session)
	if p == nil {
		return
	}
	body, ok := fromLatin1(rest, p.MaxBody())
	if !ok {
		return
	}
	switch string(kind) {
	case "batch":
		p.Batch(body, func(pulls.Answer) {})
	case "leave":
		leave(p, body)
	}
}

// fromLatin1 gives the bytes of a UTF-8 text that has a character for each, unless there are more
// than limit.
func fromLatin1(text []byte, limit int64) (b []byte, ok bool) {
	if int64(len(text)) > 2*limit {
		return nil, false
	}
	b = make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x80 {
			if c&^1 != 0xc2 || i+1 == len(text) {
				return nil, false // a character beyond 255
			}
			i++
			c = c<<6 | text[i]&0x3f
		}
		b = append(b, c)
	}
	return b, int64(len(b)) <= limit
}

// BodySlack is what a request's body may have beyond the largest batch, in bytes.
const BodySlack = 64 << 10

// MaxBody gives the largest body that a page may post: what its session's hello allows, and some
// slack.
func MaxBody(hello []byte) int64 {
	var h struct {
		MaxBatch int64 `json:"maxBatch"`
	}
	if err := json.Unmarshal(hello, &h); err != nil || h.MaxBatch < 0 {
		panic(fmt.Sprintf("serving: hello is no JSON object: %v", err)) // an invariant of ours
	}
	return h.MaxBatch + BodySlack
}
