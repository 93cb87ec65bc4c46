package transport

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
)

// Answer is the answer to one request of the page.
type Answer struct {
	// Status is an HTTP status: 200 with a body, 204 without, others with a JSON error.
	Status int
	// Body is the answer's bytes, in order; it may be read only during the call.
	Body [][]byte
	// Len is their number.
	Len int
}

// inboxRequests is how many requests may wait to be handled; more are answered with 429.
const inboxRequests = 64

// heldPosts is how many posts are held at most: the page must keep some to send with.
const heldPosts = posts / 2

// Pulls is the carrier of transports on which the page asks and Go answers: each request brings an
// upward batch, each answer a downward one. Section "Requests" of WIRE.md has the rules. It
// holds requests until there is data, and finds out which answers were lost.
type Pulls struct {
	HeapMemory
	name  string
	inbox chan pullRequest
	quit  chan struct{}

	handling sync.Mutex // held while a request is handled

	mu     sync.Mutex
	port   Port
	opt    Options
	slots  [2 * wire.Ahead]slot
	order  uint64
	closed *ClosedError
}

var _ Carrier = (*Pulls)(nil)

type pullRequest struct {
	body   []byte
	answer func(Answer)
}

// slot is one of the page's request slots.
type slot struct {
	request uint32       // number of the newest request
	answer  func(Answer) // of the request that is held, or nil
	post    bool
	order   uint64 // of its arrival
	batch   uint64 // what answered it; 0: nothing that could be lost
	receipt uint64 // for the answer, if there is no batch
	expire  *time.Timer
}

// NewPulls makes a carrier for one session. The name stands in figures and logs.
func NewPulls(name string) *Pulls {
	return &Pulls{name: name, inbox: make(chan pullRequest, inboxRequests),
		quit: make(chan struct{})}
}

// Name implements Carrier.
func (p *Pulls) Name() string { return p.name }

// Bind implements Carrier.
func (p *Pulls) Bind(port Port, o Options) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.port, p.opt = port, o
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
func (p *Pulls) Request(body []byte, answer func(Answer)) {
	if answer == nil {
		answer = func(Answer) {} // whoever asked does not want to know
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
	if !p.hold(len(body)) {
		answer(errorAnswer(http.StatusTooManyRequests, CodeBusy, "the session's memory is used up"))
		return
	}
	select {
	case p.inbox <- pullRequest{body, answer}:
	default:
		p.letGo(len(body))
		answer(errorAnswer(http.StatusTooManyRequests, CodeBusy, "too many requests at once"))
		return
	}
	select {
	case <-p.quit:
		p.refuse() // serve may have looked for the last time before this one came
	default:
	}
}

// holding is a Port that counts the requests that wait: a Session.
type holding interface {
	holdRequest(n int) bool
	letRequestGo(n int)
}

// requestCost is what a request that waits takes beside its body, in bytes.
const requestCost = 128

func (p *Pulls) hold(n int) bool {
	h, ok := p.port.(holding)
	return !ok || h.holdRequest(n)
}

func (p *Pulls) letGo(n int) {
	if h, ok := p.port.(holding); ok {
		h.letRequestGo(n)
	}
}

// holdRequest counts a request of n bytes that waits to be handled. Lone ones have room whatever
// the session holds: they bring receipts.
func (s *Session) holdRequest(n int) bool {
	return s.budget.TakeAny(budget.Requests, int64(n)+requestCost)
}

func (s *Session) letRequestGo(n int) { s.budget.Give(budget.Requests, int64(n)+requestCost) }

// refuse answers what stands in the inbox after the end.
func (p *Pulls) refuse() {
	for {
		select {
		case r := <-p.inbox:
			p.letGo(len(r.body))
			r.answer(over(p.reason()))
		default:
			return
		}
	}
}

// errorAnswer is an answer that carries an error.
func errorAnswer(status int, code, message string) Answer {
	body, err := json.Marshal(Error{Code: code, Message: message})
	if err != nil {
		panic(err) // two strings: cannot fail
	}
	return Answer{Status: status, Body: [][]byte{body}, Len: len(body)}
}

// over is the answer after the end of the session.
func over(err error) Answer {
	code := CodeClosed
	var rule *wire.RuleError
	if errors.As(err, &rule) {
		code = CodeProtocol
	}
	return errorAnswer(http.StatusGone, code, err.Error())
}

// reason is why the carrier was closed, once it is.
func (p *Pulls) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// serve handles the requests that Request leaves to it.
func (p *Pulls) serve() {
	for {
		select {
		case r := <-p.inbox:
			p.handling.Lock()
			got, err := p.port.Receive(r.body)
			p.letGo(len(r.body))
			p.handle(r.answer, got, err)
			p.handling.Unlock()
		case <-p.quit:
			p.refuse()
			return
		}
	}
}

// handle holds or answers a request whose batch was received. The caller holds handling.
func (p *Pulls) handle(answer func(Answer), got Received, err error) {
	switch {
	case errors.Is(err, wire.ErrLost):
		answer(errorAnswer(http.StatusTooManyRequests, CodeBusy, "the batch did not arrive "+
			"whole: send it again"))
		return
	case err != nil:
		answer(over(err))
		return
	case int(got.Slot) >= p.opt.Pulls+posts:
		rule := wire.Broken("slot %d, there are %d", got.Slot, p.opt.Pulls+posts)
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

// register holds the request, or answers it at once. It returns the batch that answered the
// slot's request before: if its receipt has not come by now, it was lost.
func (p *Pulls) register(answer func(Answer), got Received) (lost uint64) {
	p.mu.Lock()
	if p.closed != nil {
		p.mu.Unlock()
		answer(over(p.closed))
		return 0
	}
	s := &p.slots[got.Slot]
	if older(got.Request, s.request) {
		p.mu.Unlock()
		answer(Answer{Status: http.StatusNoContent}) // a late copy
		return 0
	}
	// A copy of the newest one counts as newer, for the answer to the first copy may be lost.
	superseded := s.release()
	lost = s.batch
	post := int(got.Slot) >= p.opt.Pulls
	hold := min(time.Duration(got.Hold)*time.Millisecond, p.opt.Hold)
	if post {
		hold = 0
		if got.Commands > 0 {
			hold = p.opt.PostHold
		}
	}
	p.order++
	*s = slot{request: got.Request, post: post, order: p.order, receipt: got.Receipt}
	var crowded func(Answer)
	if hold > 0 {
		s.answer = answer
		s.expire = time.AfterFunc(hold, func() { p.expire(got) })
		if post {
			crowded = p.crowded()
		}
	}
	p.mu.Unlock()
	empty := receiptAnswer(got.Receipt)
	for _, a := range []func(Answer){superseded, crowded} {
		if a != nil {
			a(empty)
		}
	}
	if hold <= 0 {
		answer(empty)
	}
	return lost
}

// older reports whether a is the number of an earlier request than b. The numbers wrap: a slot's
// requests are near each other, so half of all numbers lie before b, as in RFC 1982.
func older(a, b uint32) bool { return int32(a-b) < 0 }

// release takes the held answer out of a slot.
func (s *slot) release() func(Answer) {
	a := s.answer
	if a != nil {
		s.answer = nil
		s.expire.Stop()
	}
	return a
}

// crowded releases the oldest held post when too many are held.
func (p *Pulls) crowded() func(Answer) {
	n := 0
	var oldest *slot
	for i := range p.slots {
		if s := &p.slots[i]; s.answer != nil && s.post {
			n++
			if oldest == nil || s.order < oldest.order {
				oldest = s
			}
		}
	}
	if n <= heldPosts {
		return nil
	}
	return oldest.release()
}

// expire ends the hold of a request.
func (p *Pulls) expire(got Received) {
	p.mu.Lock()
	var answer func(Answer)
	if s := &p.slots[got.Slot]; s.request == got.Request {
		answer = s.release()
	}
	p.mu.Unlock()
	if answer != nil {
		answer(receiptAnswer(got.Receipt))
	}
}

// Release answers all requests that are held, with nothing but their receipts. For a carrier that
// goes over to another way.
func (p *Pulls) Release() {
	p.mu.Lock()
	type held struct {
		answer  func(Answer)
		receipt uint64
	}
	var all []held
	for i := range p.slots {
		s := &p.slots[i]
		if a := s.release(); a != nil {
			all = append(all, held{a, s.receipt})
		}
	}
	p.mu.Unlock()
	for _, h := range all {
		h.answer(receiptAnswer(h.receipt))
	}
}

// receiptAnswer has nothing to say but the receipt: batches that the page has sent along with a
// pull would wait for it until that is answered.
func receiptAnswer(receipt uint64) Answer {
	if receipt == 0 {
		return Answer{Status: http.StatusNoContent}
	}
	b := wire.Finish(wire.AppendHeader(nil, &wire.Header{Receipt: receipt}))
	return Answer{Status: http.StatusOK, Body: [][]byte{b}, Len: len(b)}
}

// next is the held request that the next batch answers: a post before a pull, so that
// a command's result comes on its own request, and the oldest of them.
func (p *Pulls) next() *slot {
	var best *slot
	for i := range p.slots {
		s := &p.slots[i]
		if s.answer != nil && (best == nil || s.post && !best.post || s.post == best.post &&
			s.order < best.order) {
			best = s
		}
	}
	return best
}

// Ready implements Carrier.
func (p *Pulls) Ready() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed == nil && p.next() != nil
}

// Deliver implements Carrier.
func (p *Pulls) Deliver(b *Batch) bool {
	p.mu.Lock()
	s := p.next()
	if p.closed != nil || s == nil {
		p.mu.Unlock()
		return false
	}
	answer := s.release()
	s.batch = b.Number
	p.mu.Unlock()
	answer(Answer{Status: http.StatusOK, Body: b.Segments, Len: b.Len})
	return true
}

// Close implements Carrier.
func (p *Pulls) Close(reason *ClosedError) {
	if reason == nil {
		reason = &ClosedError{Reason: "the carrier was closed"}
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
