package pulls

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// inboxRequests is how many requests may wait to be handled; more are answered with 429.
const inboxRequests = 64

// heldPosts is how many posts are held at most: the page must keep some to send with.
const heldPosts = transport.Posts / 2

// Carrier is the carrier of one session whose page asks. See the package documentation.
type Carrier struct {
	transport.HeapMemory
	name  string
	inbox chan request
	quit  chan struct{}

	handling sync.Mutex // held while a request is handled

	// Set by Bind, then only read.
	port           transport.Port
	pulls          int           // how many of the slots are pulls
	hold, postHold time.Duration // how long a pull, and a post that calls a command, are held

	mu     sync.Mutex
	slots  []slot // of the pulls, then of the posts
	order  uint64
	closed *transport.ClosedError
}

var _ transport.Carrier = (*Carrier)(nil)

// request is one that waits to be handled.
type request struct {
	body   []byte
	answer func(Answer)
}

// New makes a carrier for one session. The name stands in figures and logs.
func New(name string) *Carrier {
	return &Carrier{
		name: name, inbox: make(chan request, inboxRequests), quit: make(chan struct{}),
	}
}

// Name implements transport.Carrier.
func (p *Carrier) Name() string { return p.name }

// Bind implements transport.Carrier.
func (p *Carrier) Bind(port transport.Port, o transport.Options) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.port, p.pulls, p.hold, p.postHold = port, o.Pulls, o.Hold, o.PostHold
	p.slots = make([]slot, o.Pulls+transport.Posts)
	go p.serve()
}

// smallRequest is the largest request that is taken apart where it arrives, in bytes: a pull, or a
// short command. That takes about 15 us, and saves the wake-up of another goroutine on the way of
// every command and every batch: a command's mean time fell by up to an eighth.
const smallRequest = 2 << 10

// Request hands over one request of the page: the body, which it owns from then on, is an upward
// batch. It never blocks, runs no handler, and takes apart only what is short and little work
// (Port.TryReceive), so it may be called on the UI thread. answer is called exactly once, from any
// goroutine, maybe before Request returns.
func (p *Carrier) Request(body []byte, answer func(Answer)) {
	if answer == nil {
		answer = func(Answer) {} // whoever asked does not want to know
	}
	if p.port == nil {
		answer(errorAnswer(http.StatusGone, transport.CodeClosed,
			"the carrier is bound to no session: call Bind first"))
		return
	}
	if len(body) <= smallRequest && p.handling.TryLock() {
		got, ok, err := p.port.TryReceive(body)
		if ok {
			p.handle(answer, got, err)
		}
		p.handling.Unlock()
		if ok {
			return
		}
	}
	if !p.port.HoldRequest(len(body)) {
		answer(busy("the session's memory is used up"))
		return
	}
	select {
	case p.inbox <- request{body, answer}:
	default:
		p.port.LetRequestGo(len(body))
		answer(busy("too many requests at once"))
		return
	}
	select {
	case <-p.quit:
		p.refuse() // serve may have looked for the last time before this one came
	default:
	}
}

// refuse answers what stands in the inbox after the end.
func (p *Carrier) refuse() {
	for {
		select {
		case r := <-p.inbox:
			p.port.LetRequestGo(len(r.body))
			r.answer(over(p.reason()))
		default:
			return
		}
	}
}

// reason is why the carrier was closed, once it is.
func (p *Carrier) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// serve handles the requests that Request leaves to it.
func (p *Carrier) serve() {
	for {
		select {
		case r := <-p.inbox:
			p.handling.Lock()
			got, err := p.port.Receive(r.body)
			p.port.LetRequestGo(len(r.body))
			p.handle(r.answer, got, err)
			p.handling.Unlock()
		case <-p.quit:
			p.refuse()
			return
		}
	}
}

// handle holds or answers a request whose batch was received. The caller holds handling.
func (p *Carrier) handle(answer func(Answer), got transport.Received, err error) {
	switch {
	case errors.Is(err, transport.ErrLost):
		answer(busy("the batch did not arrive whole: send it again"))
		return
	case err != nil:
		answer(over(err))
		return
	case int(got.Slot) >= len(p.slots):
		rule := &transport.RuleError{
			Rule: fmt.Sprintf("slot %d, there are %d", got.Slot, len(p.slots)),
		}
		p.port.Fail(rule)
		answer(over(rule))
		return
	}
	lost := p.register(answer, got)
	if lost != 0 {
		p.port.Lost(lost)
	}
	p.port.Wake()
}

// Release answers all requests that are held, with nothing but their receipts. For a carrier that
// goes over to another way.
func (p *Carrier) Release() {
	p.mu.Lock()
	type held struct {
		answer func(Answer)
		got    transport.Received
	}
	var all []held
	for i := range p.slots {
		s := &p.slots[i]
		if a := s.release(); a != nil {
			all = append(all, held{a, s.got})
		}
	}
	p.mu.Unlock()
	for _, h := range all {
		h.answer(empty(h.got))
	}
}

// Ready implements transport.Carrier.
func (p *Carrier) Ready() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed == nil && p.next() != nil
}

// Deliver implements transport.Carrier.
func (p *Carrier) Deliver(b *transport.Batch) bool {
	p.mu.Lock()
	s := p.next()
	if p.closed != nil || s == nil {
		p.mu.Unlock()
		return false
	}
	answer := s.release()
	s.batch = b.Number
	p.mu.Unlock()
	answer(whole(b))
	return true
}

// Close implements transport.Carrier.
func (p *Carrier) Close(reason *transport.ClosedError) {
	if reason == nil {
		reason = &transport.ClosedError{Reason: "the carrier was closed"}
	}
	p.mu.Lock()
	if p.closed != nil {
		p.mu.Unlock()
		return
	}
	p.closed = reason
	var held []func(Answer)
	for i := range p.slots {
		if a := p.slots[i].release(); a != nil {
			held = append(held, a)
		}
	}
	p.mu.Unlock()
	close(p.quit)
	for _, a := range held {
		a(over(reason))
	}
}
