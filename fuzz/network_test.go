package fuzz

import (
	"bytes"
	"net/http"
	"sync"
)

// network is what lies between a page and Go. It holds requests and answers until it is told what
// becomes of them.
type network struct {
	mu      sync.Mutex
	flights []*flight
	fates   []byte
	down    bool
}

// flight is one request of the page, or a copy of one, and its answer. Guarded by the network's mu.
type flight struct {
	body   []byte
	send   func([]byte, func(int, []byte))
	state  flightState
	status int
	answer []byte
	fate   int // -1: none
	delay  int
	done   chan struct{} // nil: a copy, whose answer nobody gets
}

type flightState byte

const (
	toGo flightState = iota
	atGo
	toPage
	landed
)

// carry implements transporttest.Config.Network.
func (n *network) carry(body []byte, send func([]byte, func(int, []byte))) (int, []byte) {
	n.mu.Lock()
	if n.down {
		n.mu.Unlock()
		return 0, nil
	}
	f := &flight{body: body, send: send, fate: -1, done: make(chan struct{})}
	n.flights = append(n.flights, f)
	n.mu.Unlock()
	<-f.done
	return f.status, f.answer
}

// pick gives the a-th flight in one of the states, nil when there is none.
func (n *network) pick(a byte, states ...flightState) *flight {
	n.mu.Lock()
	defer n.mu.Unlock()
	var some []*flight
	for _, f := range n.flights {
		for _, s := range states {
			if f.state == s {
				some = append(some, f)
			}
		}
	}
	if len(some) == 0 {
		return nil
	}
	return some[int(a)%len(some)]
}

// request lets a request, or the first part of it, reach Go.
func (n *network) request(f *flight, body []byte) {
	n.mu.Lock()
	f.state = atGo
	n.mu.Unlock()
	f.send(body, func(status int, answer []byte) {
		n.mu.Lock()
		defer n.mu.Unlock()
		if f.done == nil {
			n.remove(f)
		} else if f.state == atGo {
			f.state, f.status, f.answer = toPage, status, answer
		}
	})
}

// copy puts a copy of the request beside it.
func (n *network) copy(f *flight) *flight {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := &flight{body: f.body, send: f.send, fate: -1}
	n.flights = append(n.flights, c)
	return c
}

// land ends a flight: the page has its answer, or a fetch that failed.
func (n *network) land(f *flight, status int, answer []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.remove(f)
	f.state, f.status, f.answer = landed, status, answer
	if f.done != nil {
		close(f.done)
	}
}

func (n *network) lose(f *flight) { n.land(f, 0, nil) }

// cut lets the first part of an answer reach the page.
func (n *network) cut(f *flight, share byte) {
	n.land(f, f.status, f.answer[:len(f.answer)*int(share)/256])
}

// remove forgets a flight; the caller holds mu.
func (n *network) remove(f *flight) {
	for i, o := range n.flights {
		if o == f {
			n.flights = append(n.flights[:i:i], n.flights[i+1:]...)
		}
	}
}

// round moves each flight one step on, as its fate says. It reports whether any moved.
func (n *network) round(handle func(batch []byte)) bool {
	n.mu.Lock()
	flights := n.flights[:len(n.flights):len(n.flights)]
	n.mu.Unlock()
	moved := false
	for _, f := range flights {
		n.mu.Lock()
		state := f.state
		if state == toGo && f.fate < 0 && len(n.fates) > 0 {
			f.fate = int(n.fates[0] % fates)
			f.delay = int(n.fates[0] / fates)
			n.fates = n.fates[1:]
		}
		n.mu.Unlock()
		switch state {
		case toGo:
			moved = true
			switch f.fate {
			case loseRequest:
				n.lose(f)
			case cutRequest:
				f.fate = -1
				n.request(f, f.body[:len(f.body)/2])
			case repeatRequest:
				n.request(n.copy(f), f.body)
				n.request(f, f.body)
			default:
				n.request(f, f.body)
			}
		case toPage:
			moved = true
			switch {
			case f.fate == delayAnswer && f.delay > 0:
				f.delay--
			case f.fate == loseAnswer:
				n.lose(f)
			case f.fate == cutAnswer:
				n.cut(f, byte(f.delay*8))
			case f.fate == emptyAnswer:
				n.cut(f, 0)
			case f.fate == repeatAnswer && f.status == http.StatusOK:
				handle(bytes.Clone(f.answer))
				fallthrough
			default:
				n.land(f, f.status, f.answer)
			}
		}
	}
	return moved
}

// end fails all requests, and those to come.
func (n *network) end() {
	n.mu.Lock()
	n.down = true
	flights := n.flights[:len(n.flights):len(n.flights)]
	n.mu.Unlock()
	for _, f := range flights {
		n.lose(f)
	}
}
