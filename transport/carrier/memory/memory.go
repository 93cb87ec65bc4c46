// Package memory is a carrier within one process, for tests: the page asks and is answered, as over
// the custom scheme, and what lies between the two loses, repeats, delays, reorders and cuts.
//
// Time passes only in timers, so it runs in a bubble of testing/synctest.
package memory

import (
	"bytes"
	"net/http"

	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

// Carrier is the carrier of one session, with the way between it and the page: the page calls
// Exchange for each of its requests. All methods may be called from any goroutine.
type Carrier struct {
	*pulls.Carrier
	dice *dice
}

// New makes a carrier with these faults.
func New(f Faults) *Carrier {
	return &Carrier{pulls.New("memory"), newDice(f)}
}

// Reply is what the page gets for a request.
type Reply struct {
	// Status is an HTTP status, 0 for a request that failed.
	Status int
	// Body is the page's own.
	Body []byte
	// Twice: the page gets it twice.
	Twice bool
	// Faults is how many things went wrong with the request.
	Faults int
}

// Exchange brings a request to Go, and its answer back. It waits for that.
func (c *Carrier) Exchange(request []byte) (r Reply) {
	faults := 0
	defer func() { r.Faults = faults }()
	fault := func(chance float64) bool {
		hit := c.dice.chance(chance)
		if hit {
			faults++
		}
		return hit
	}
	f := &c.dice.f
	c.dice.wait()
	if fault(f.LoseRequest) {
		return Reply{}
	}
	if fault(f.Repeat) {
		c.Send(request, nil)
	}
	came := make(chan Reply, 1)
	c.Send(request, func(status int, body []byte) { came <- Reply{Status: status, Body: body} })
	r = <-came
	c.dice.wait()
	if fault(f.LoseAnswer) {
		return Reply{}
	}
	if r.Status == http.StatusOK {
		if fault(f.EmptyAnswer) {
			r.Body = nil
		} else if fault(f.CutAnswer) {
			r.Body = r.Body[:c.dice.below(len(r.Body))]
		}
		r.Twice = fault(f.Repeat)
	}
	return r
}

// Send hands a copy of a request to Go, without faults. answer is called once, from any goroutine,
// with a copy of the answer; nil: nobody wants it.
func (c *Carrier) Send(request []byte, answer func(status int, body []byte)) {
	c.Request(bytes.Clone(request), func(a pulls.Answer) {
		if answer == nil {
			return
		}
		body := make([]byte, 0, a.Len)
		for _, s := range a.Body {
			body = append(body, s...)
		}
		answer(a.Status, body)
	})
}
