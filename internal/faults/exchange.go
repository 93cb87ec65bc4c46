package faults

import (
	"net/http"
	"time"
)

// Failed as a status is a network error.
const Failed = 0

// Bounds of a Delay.
const (
	shortestDelay = 10 * time.Millisecond
	longestDelay  = time.Second
)

// Request is one request of a window's page.
type Request struct {
	// Label is the window's.
	Label string
	// Session is the id that the request carries, "" if none.
	Session string
	// Path is the last part of its URL: "batch", "hello" or "carrier".
	Path string
	// Up is its body.
	Up []byte
}

// batch reports whether the request carries a batch, and its answer may.
func (r Request) batch() bool { return r.Path == "batch" }

// Exchange is a request that is being answered.
type Exchange struct {
	injector *Injector
	request  Request
	kind     Kind
	delay    time.Duration
}

// Begin takes a request. lost: nobody shall get it, and its answer is a network error.
func (i *Injector) Begin(r Request) (e *Exchange, lost bool) {
	i.requests.Add(1)
	e = &Exchange{injector: i, request: r}
	i.mu.Lock()
	e.delay = shortestDelay + time.Duration(i.random.Int64N(int64(longestDelay-shortestDelay)))
	if i.random.Float64() < i.opt.Rate {
		e.kind = Requests[i.random.IntN(len(Requests))]
	}
	if a := i.aim; a != nil && a.kind == LostRequest && r.batch() && a.label == r.Label &&
		a.fits(r.Up, nil) {
		i.aim = nil
		e.kind = LostRequest
	}
	i.mu.Unlock()
	if e.kind == LostRequest {
		i.hit(Hit{Kind: LostRequest, Request: r})
		return nil, true
	}
	return e, false
}

// Answer answers by one call of send: now, or later from another goroutine. The body must not
// change any more. Status Failed is a network error.
func (e *Exchange) Answer(status int, body []byte, send func(status int, body []byte)) {
	if status != http.StatusOK && status != http.StatusNoContent {
		send(status, body)
		return
	}
	i, r := e.injector, e.request
	kind, again := e.plan(status, body)
	if again.body != nil {
		i.hit(Hit{Kind: Duplicate, Request: r, Down: body})
		send(http.StatusOK, again.body)
		return
	}
	if kind != None && kind != Duplicate {
		i.hit(Hit{Kind: kind, Request: r, Down: body})
	}
	switch kind {
	case Fail, LostAnswer:
		send(Failed, nil)
	case Empty:
		send(http.StatusOK, nil)
	case Cut:
		send(status, body[:len(body)/2])
	case Delay:
		time.AfterFunc(e.delay, func() { send(status, body) })
	default:
		send(status, body)
	}
}

// plan decides on an answer. again has a body when that is to be sent in place of this one.
func (e *Exchange) plan(status int, body []byte) (kind Kind, again repeat) {
	i, r := e.injector, e.request
	data := status == http.StatusOK && len(body) > 0
	i.mu.Lock()
	defer i.mu.Unlock()
	kind = e.kind
	a := i.aim
	armed := a != nil && a.label == r.Label && r.batch() && a.fits(r.Up, body)
	if b, ok := i.repeat[r.Label]; ok && r.batch() && b.session != r.Session {
		delete(i.repeat, r.Label) // of a page that is gone
	} else if ok && r.batch() && (a == nil || armed) {
		delete(i.repeat, r.Label)
		i.aim = nil
		return Duplicate, b
	}
	if armed {
		kind = a.kind
		if kind != Duplicate { // that one is hit by the second answer
			i.aim = nil
		}
	}
	switch {
	case kind == LostAnswer && !brings(r), kind == Empty && !data, kind == Cut &&
		!data, kind == Duplicate && !(data && r.batch()):
		kind = Fail
	}
	if kind == Duplicate {
		i.repeat[r.Label] = repeat{r.Session, append([]byte(nil), body...)}
	}
	return kind, repeat{}
}

// headerBytes is what a batch has that brings nothing: its header and the closing word.
const headerBytes = 56

// brings reports whether a request brings data.
func brings(r Request) bool { return len(r.Up) > headerBytes }
