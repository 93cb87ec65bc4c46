package webview

import (
	"bytes"
	"crypto/subtle"

	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

// lastWords takes what a page says as it is being left, by a message of WebKit's, in place of a
// request that would not outlive it: "SESSION batch BYTES" or "SESSION leave JSON", where BYTES has
// a character for each byte. Nobody answers. The text is UTF-8, and valid during the call only.
// Main thread only.
//
// Any script of the main frame's document can say something, if it has learned the event's name:
// see messages.go. Only one that has the session's id counts, as with requests.
func (w *Window) lastWords(text []byte) {
	session, rest, _ := bytes.Cut(text, []byte{' '})
	kind, rest, _ := bytes.Cut(rest, []byte{' '})
	p := w.current()
	if p == nil || subtle.ConstantTimeCompare(session, []byte(p.session.ID())) != 1 {
		return
	}
	body, ok := fromLatin1(rest, bodyLimit(p.session.Hello()))
	if !ok {
		return
	}
	switch string(kind) {
	case "batch":
		p.pulls.Request(body, func(pulls.Answer) {})
	case "leave":
		w.hasSaid(p, body)
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
