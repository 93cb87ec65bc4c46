package carriertest

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// slow is how long a call of the carrier may take: none may block for long. It is far more than
// any needs, as tests run on busy machines.
const slow = 10 * time.Second

// watch stands between a session and its carrier.
type watch struct {
	inner transport.Carrier
	lends bool

	mu       sync.Mutex
	wrong    []string
	memory   []span // what Alloc gave and Free has not taken, by address
	closed   []*transport.ClosedError
	bound    int
	settled  string // the name, when the carrier last told that it is settled
	lostAll  int    // how often it says that all batches are lost
	refused  int    // upward batches that did not come whole
	failed   error
	held     int // requests that it holds
	batches  int
	received int
}

// span is memory of Alloc's.
type span struct {
	at   uintptr
	size int
}

func address(b []byte) uintptr { return reflect.ValueOf(b).Pointer() }

// problem notes what the carrier does wrong.
func (w *watch) problem(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.wrong) < 20 {
		w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
	}
}

// timed notes a call that takes too long.
func (w *watch) timed(call string) func() {
	begun := time.Now()
	return func() {
		if took := time.Since(begun); took > slow {
			w.problem("%s took %v: it may not block for long", call, took)
		}
	}
}

type (
	reasoner interface{ Reason() string }
	settler  interface{ Settled() bool }
)

// carrier is what the session gets: it has the optional methods that the watched one has.
func (w *watch) carrier() transport.Carrier {
	r, reasons := w.inner.(reasoner)
	s, settles := w.inner.(settler)
	switch {
	case reasons && settles:
		return struct {
			*watch
			reasoner
			settler
		}{w, r, s}
	case reasons:
		return struct {
			*watch
			reasoner
		}{w, r}
	case settles:
		return struct {
			*watch
			settler
		}{w, s}
	}
	return w
}

// Name implements transport.Carrier.
func (w *watch) Name() string {
	name := w.inner.Name()
	if name == "" {
		w.problem("the name is empty")
	}
	return name
}

// Bind implements transport.Carrier.
func (w *watch) Bind(p transport.Port, o transport.Options) {
	w.mu.Lock()
	w.bound++
	w.mu.Unlock()
	w.inner.Bind(&watchedPort{p, w}, o)
}

// Ready implements transport.Carrier.
func (w *watch) Ready() bool {
	defer w.timed("Ready")()
	return w.inner.Ready()
}

// Deliver implements transport.Carrier. What the carrier may not read later is another one's then.
func (w *watch) Deliver(b *transport.Batch) bool {
	mine := &transport.Batch{
		Number: b.Number, Segments: make([][]byte, len(b.Segments)), Len: b.Len, Borrow: b.Borrow,
		Apart: slices.Clone(b.Apart),
	}
	var copies [][]byte
	for i, s := range b.Segments {
		if w.lends && w.owns(s) {
			mine.Segments[i] = s
			continue
		}
		c := slices.Clone(s)
		mine.Segments[i] = c
		copies = append(copies, c)
	}
	done := w.timed("Deliver")
	ok := w.inner.Deliver(mine)
	done()
	for _, c := range copies {
		fill(c, 0)
	}
	if ok {
		w.mu.Lock()
		w.batches++
		w.mu.Unlock()
	}
	return ok
}

// owns reports whether these bytes lie in memory of the carrier's.
func (w *watch) owns(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	at := address(b)
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.find(at + 1)
	return i > 0 && at-w.memory[i-1].at+uintptr(len(b)) <= uintptr(w.memory[i-1].size)
}

// find gives the first span that begins at this address or behind it.
func (w *watch) find(at uintptr) int {
	i, _ := slices.BinarySearchFunc(w.memory, at, func(s span, at uintptr) int {
		switch {
		case s.at < at:
			return -1
		case s.at > at:
			return 1
		}
		return 0
	})
	return i
}

// Alloc implements transport.Carrier.
func (w *watch) Alloc(n int) ([]byte, error) {
	done := w.timed("Alloc")
	b, err := w.inner.Alloc(n)
	done()
	if err != nil {
		return b, err
	}
	if len(b) != n {
		w.problem("Alloc of %d bytes gives %d", n, len(b))
	}
	if !zeroed(b) {
		w.problem("Alloc of %d bytes gives memory that is not zeroed", n)
	}
	s := span{address(b), len(b)}
	w.mu.Lock()
	i := w.find(s.at)
	before := i > 0 && w.memory[i-1].at+uintptr(w.memory[i-1].size) > s.at
	behind := i < len(w.memory) && s.at+uintptr(s.size) > w.memory[i].at
	w.memory = slices.Insert(w.memory, i, s)
	w.mu.Unlock()
	if before || behind {
		w.problem("Alloc of %d bytes gives memory that another ring has", n)
	}
	return b, nil
}

func zeroed(b []byte) bool {
	var zeros [4096]byte
	for len(b) > 0 {
		n := min(len(b), len(zeros))
		if !bytes.Equal(b[:n], zeros[:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}

// Free implements transport.Carrier.
func (w *watch) Free(b []byte) {
	at := address(b)
	w.mu.Lock()
	if i := w.find(at); i < len(w.memory) && w.memory[i] == (span{at, len(b)}) {
		w.memory = slices.Delete(w.memory, i, i+1)
	} else {
		w.wrong = append(w.wrong, "Free of memory that Alloc has not given")
	}
	w.mu.Unlock()
	defer w.timed("Free")()
	w.inner.Free(b)
}

// Close implements transport.Carrier.
func (w *watch) Close(reason *transport.ClosedError) {
	w.mu.Lock()
	w.closed = append(w.closed, reason)
	w.mu.Unlock()
	defer w.timed("Close")()
	w.inner.Close(reason)
}

// watchedPort is the session as the carrier sees it.
type watchedPort struct {
	transport.Port
	w *watch
}

func (p *watchedPort) Receive(up []byte) (transport.Received, error) {
	got, err := p.Port.Receive(up)
	p.came(err)
	return got, err
}

func (p *watchedPort) TryReceive(up []byte) (transport.Received, bool, error) {
	got, ok, err := p.Port.TryReceive(up)
	if ok {
		p.came(err)
	}
	return got, ok, err
}

// came counts an upward batch.
func (p *watchedPort) came(err error) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.w.received++
	if errors.Is(err, transport.ErrLost) {
		p.w.refused++
	}
}

func (p *watchedPort) LostAll() {
	p.w.mu.Lock()
	p.w.lostAll++
	p.w.mu.Unlock()
	p.Port.LostAll()
}

func (p *watchedPort) Settled() {
	name := p.w.inner.Name()
	p.w.mu.Lock()
	p.w.settled = name
	p.w.mu.Unlock()
	p.Port.Settled()
}

func (p *watchedPort) Fail(rule error) {
	p.w.mu.Lock()
	p.w.failed = rule
	p.w.mu.Unlock()
	p.Port.Fail(rule)
}

func (p *watchedPort) HoldRequest(n int) bool {
	ok := p.Port.HoldRequest(n)
	if ok {
		p.w.mu.Lock()
		p.w.held += n
		p.w.mu.Unlock()
	}
	return ok
}

func (p *watchedPort) LetRequestGo(n int) {
	p.w.mu.Lock()
	p.w.held -= n
	p.w.mu.Unlock()
	p.Port.LetRequestGo(n)
}
