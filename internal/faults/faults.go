// Package faults disturbs what passes between pages and Go, so that a program can show that nothing
// is lost by it. Only programs of this module can: the soak run and the table of faults in
// fuzz/soak.
//
// # Contract
//
//   - Nothing is disturbed until Use was called. Until then a request costs one load of an atomic
//     pointer (Active).
//   - An Injector decides by its seed, or hits what Arm names. It only ever disturbs answers that
//     carry data or say that there is none (status 200 and 204): a refusal reaches the page as it
//     is.
//   - What it does can happen to any request: an answer that fails on its way, or comes without its
//     body, with half of it, late, or twice; a request that nobody gets; and the loss of shared
//     memory.
//   - All methods may be called from any goroutine.
package faults

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Kind is what happens to one request, or to a session.
type Kind int

const (
	// None leaves a request alone.
	None Kind = iota
	// Fail is a network error in place of the answer.
	Fail
	// Empty is an answer without its body.
	Empty
	// Cut is an answer with the first half of its body.
	Cut
	// Duplicate answers as it should, and once more: in place of the next answer to the page, which
	// is lost.
	Duplicate
	// Delay answers late, 10 to 1000 ms: other answers overtake it.
	Delay
	// LostRequest is a request that nobody gets, and a network error as its answer.
	LostRequest
	// LostAnswer is a network error in place of the answer to a request that brought data.
	LostAnswer
	// CarrierLost is the end of a session's shared memory: see Injector.Down.
	CarrierLost

	kinds
)

// Requests are the kinds that happen to requests.
var Requests = []Kind{Fail, Empty, Cut, Duplicate, Delay, LostRequest, LostAnswer}

func (k Kind) String() string {
	names := [kinds]string{"none", "failed answer", "empty answer", "cut answer",
		"duplicated answer", "delayed answer", "lost POST, not taken", "lost POST, taken",
		"shared memory lost"}
	if k < 0 || k >= kinds {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return names[k]
}

// Hit tells of a fault.
type Hit struct {
	Kind Kind
	// Request is what was hit; CarrierLost has its label only.
	Request
	// At is when it happened.
	At time.Time
	// Down is the body of the answer that the page does not get, not whole, or not now. It and Up
	// may be read until OnHit returns.
	Down []byte
}

// active is what Use set.
var active atomic.Pointer[Injector]

// Use has an Injector disturb all windows of the process from now on; nil ends that.
func Use(i *Injector) { active.Store(i) }

// Active gives the Injector that Use set, or nil.
func Active() *Injector { return active.Load() }

// Options are an Injector's settings.
type Options struct {
	// Seed decides what is hit, and how.
	Seed uint64
	// Rate is the share of requests that are hit, 0 to 1. Default: none but those that Arm names.
	Rate float64
	// OnHit is told of each fault before it happens. It must be quick. Default: nobody is.
	OnHit func(Hit)
}

// Injector decides which requests are disturbed.
type Injector struct {
	opt      Options
	requests atomic.Uint64
	counts   [kinds]atomic.Uint64

	mu     sync.Mutex
	random *rand.Rand
	repeat map[string]repeat              // by label: what the next answer shall be replaced by
	shared map[string]func(reason string) // by label: ends the shared memory of the newest session
	aim    *aim
}

// repeat is an answer that a page shall get twice.
type repeat struct {
	session string
	body    []byte
}

// aim is the fault that Arm has prepared.
type aim struct {
	kind  Kind
	label string
	fits  func(up, down []byte) bool
}

// New makes an Injector.
func New(o Options) *Injector {
	return &Injector{opt: o, random: rand.New(rand.NewPCG(o.Seed, 0xfa17)),
		repeat: map[string]repeat{}, shared: map[string]func(string){}}
}

// Requests counts the requests so far, disturbed or not.
func (i *Injector) Requests() uint64 { return i.requests.Load() }

// Count counts the faults of one kind so far.
func (i *Injector) Count(k Kind) uint64 { return i.counts[k].Load() }

// Faults counts the requests that were disturbed so far.
func (i *Injector) Faults() (n uint64) {
	for _, k := range Requests {
		n += i.counts[k].Load()
	}
	return n
}

// Arm has the window's next request that fits hit by a fault of that kind. Only bodies of batches
// are asked about; down is nil when the request is yet to be taken (LostRequest). Of a Duplicate
// the two answers that follow each other are asked about. A further call replaces what was not hit
// yet.
func (i *Injector) Arm(k Kind, label string, fits func(up, down []byte) bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.aim = &aim{k, label, fits}
}

// Disarm takes back what Arm has prepared.
func (i *Injector) Disarm() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.aim = nil
}

// Shared notes how the shared memory of a window's newest session is ended.
func (i *Injector) Shared(label string, down func(reason string)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.shared[label] = down
}

// Down ends the shared memory of a window's newest session, which goes on over the scheme. It
// reports whether there was one.
func (i *Injector) Down(label string) bool {
	i.mu.Lock()
	down := i.shared[label]
	delete(i.shared, label)
	i.mu.Unlock()
	if down == nil {
		return false
	}
	i.hit(Hit{Kind: CarrierLost, Request: Request{Label: label}})
	down("a fault was injected")
	return true
}

// hit counts and tells.
func (i *Injector) hit(h Hit) {
	i.counts[h.Kind].Add(1)
	if i.opt.OnHit != nil {
		h.At = time.Now()
		i.opt.OnHit(h)
	}
}
