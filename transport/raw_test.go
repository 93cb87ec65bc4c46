package transport_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

// raw is a session whose requests the test writes by hand.
type raw struct {
	*transport.Session
	carrier *pulls.Carrier
	mu      sync.Mutex
}

type rawAnswer struct {
	status int
	body   []byte
}

func rawSession(t testing.TB, e *transport.Engine) (*raw, *[]rawAnswer) {
	t.Helper()
	c := pulls.New("raw")
	s, err := e.Open(transport.SessionConfig{Carrier: c, Label: "main"})
	if err != nil {
		t.Fatal(err)
	}
	return &raw{Session: s, carrier: c}, new([]rawAnswer)
}

// pull sends a request without runs; its answer is appended to answers when it comes.
func (r *raw) pull(h wire.Header, answers *[]rawAnswer) {
	r.send(wire.Finish(wire.AppendHeader(nil, &h)), func(a rawAnswer) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if a.status == http.StatusOK {
			*answers = append(*answers, a)
		}
	})
}

func (r *raw) send(body []byte, answer func(rawAnswer)) {
	r.carrier.Request(body, func(a pulls.Answer) {
		out := rawAnswer{status: a.Status}
		for _, s := range a.Body {
			out.body = append(out.body, s...)
		}
		answer(out)
	})
}

// exchange sends a request and waits for its answer.
func (r *raw) exchange(body []byte) rawAnswer {
	got := make(chan rawAnswer, 1)
	r.send(body, func(a rawAnswer) { got <- a })
	return <-got
}
