package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
)

// up is what comes from the page: its batches, taken apart one after the other in their order.
type up struct {
	mu      ranked.Mutex[ranked.Receiving] // makes Receive one at a time, and guards what follows
	early   map[uint64][]byte              // batches that came before their turn
	lanes   uint32                         // highest lane that the page has opened
	invokes int                            // invokes so far

	receipt atomic.Uint64 // number of the last batch that was handled; changes under mu
	leaving atomic.Pointer[leaving]
	// keepUnread: what the page had sent is received also after the end. Set before the end.
	keepUnread atomic.Bool
}

// requestCost is what a request that waits takes beside its body, in bytes.
const requestCost = 128

// HoldRequest implements Port. Lone requests have room whatever the session holds: they bring
// receipts.
func (s *Session) HoldRequest(n int) bool {
	return s.budget.TakeAny(budget.Requests, int64(n)+requestCost)
}

// LetRequestGo implements Port.
func (s *Session) LetRequestGo(n int) { s.budget.Give(budget.Requests, int64(n)+requestCost) }

// Receive implements Port.
func (s *Session) Receive(up []byte) (Received, error) {
	b, err := s.decode(up)
	if errors.Is(err, wire.ErrLost) {
		return Received{}, err
	}
	var got Received
	if err == nil {
		s.up.mu.Lock()
		if err = s.Err(); err == nil { // under up.mu: the drainer takes it once, after the end
			got, err = s.accept(b, up)
		}
		s.up.mu.Unlock()
	}
	switch {
	case err == nil:
		return got, nil
	case errors.Is(err, wire.ErrLost): // no rule is broken: there is no room for it before its turn
		return Received{}, err
	}
	return Received{}, s.fail(err)
}

// TryReceive implements Port.
func (s *Session) TryReceive(up []byte) (got Received, ok bool, err error) {
	b, err := s.decode(up)
	if errors.Is(err, wire.ErrLost) || errors.Is(err, ErrClosed) {
		return Received{}, true, err
	}
	if err != nil || !s.up.mu.TryLock() {
		return Received{}, false, nil
	}
	if err := s.Err(); err != nil {
		s.up.mu.Unlock()
		return Received{}, true, err
	}
	if !s.little(b) {
		s.up.mu.Unlock()
		return Received{}, false, nil
	}
	got, err = s.accept(b, up)
	s.up.mu.Unlock()
	if err != nil {
		return Received{}, true, s.fail(err)
	}
	return got, true, nil
}

// decode checks the batch by itself.
func (s *Session) decode(up []byte) (*wire.Batch, error) {
	if err := s.Err(); err != nil {
		return nil, err
	}
	if len(up) > s.opt.MaxBatch+UpSlack {
		return nil, wire.Broken("batch of %d bytes, the limit is %d", len(up), s.opt.MaxBatch+
			UpSlack)
	}
	return wire.Decode(up, wire.Up)
}

// maxLittleRuns is how many runs without receipt a batch with little work may end: about 100 us.
const maxLittleRuns = 256

// little reports whether the work that a short batch brings is bounded by its length: no others
// wait for it, it ends no message that came in fragments, has no script's error, whose detail is
// decoded and written as text, and its receipts are not for too much. The caller holds up.mu.
func (s *Session) little(b *wire.Batch) bool {
	if last := s.up.receipt.Load(); b.Number > last && (b.Number != last+1 || len(s.up.early) > 0) {
		return false
	}
	for i := range b.Runs {
		err := b.Runs[i].Each(func(f wire.Frame, _ int) error {
			if f.Kind >= wire.Begin || f.Kind == wire.Error {
				return errMuch
			}
			return nil
		})
		if err != nil {
			return false
		}
	}
	return s.down.receipts.runs() <= maxLittleRuns
}

// errMuch is a frame that may bring much work.
var errMuch = errors.New("transport: a frame for another goroutine")

// accept handles a batch, which lies in up. Its errors are broken rules. The caller holds up.mu.
func (s *Session) accept(b *wire.Batch, up []byte) (Received, error) {
	commands := s.up.invokes
	err := s.down.receipts.take(&b.Header)
	if err == nil {
		err = s.credits(b.Credits)
	}
	if err == nil {
		err = s.inOrder(b, up)
	}
	return Received{
			b.Slot, b.Request, b.Hold, s.up.invokes - commands, b.Number, s.up.receipt.Load(),
		},
		err
}

// credits takes what the page has consumed.
func (s *Session) credits(credits []wire.Credit) error {
	for _, c := range credits {
		l := s.lane(c.Lane)
		if l == nil {
			if s.known(c.Lane) {
				continue // ended meanwhile
			}
			return wire.Broken("credit for lane %d, which was never opened", c.Lane)
		}
		if sent := l.drain.sent.Load(); c.Total > sent {
			return wire.Broken("credit of %d bytes for lane %d, which has sent %d", c.Total, c.Lane,
				sent)
		}
		if c.Total <= l.page.credited.Load() {
			continue // a late entry
		}
		l.consumedUpTo(c.Total)
		if l.id == 0 && s.evals.native != nil {
			s.evals.scripts.Credited(c.Total)
		}
		l.ringCredit()
		if need := l.page.needs.Load(); need > 0 && l.fits(int(need)) {
			s.push(l)
		}
	}
	return nil
}

// inOrder handles the batch when its turn has come, and those that waited for it.
func (s *Session) inOrder(b *wire.Batch, up []byte) error {
	last := s.up.receipt.Load()
	switch {
	case b.Number <= last:
		return nil // nothing but receipts, or had already
	case b.Number > last+wire.Ahead:
		return wire.Broken("batch %d while %d is the last one handled", b.Number, last)
	case b.Number > last+1:
		if s.up.early[b.Number] != nil {
			return nil
		}
		if !s.budget.Take(budget.Early, int64(len(up))) {
			return wire.ErrLost // no room to keep it: the page sends it again
		}
		s.up.early[b.Number] = bytes.Clone(up)
		return nil
	}
	for {
		for i := range b.Runs {
			if err := s.run(&b.Runs[i]); err != nil {
				return err
			}
		}
		s.up.receipt.Store(b.Number)
		s.handled(b.Number)
		next := b.Number + 1
		up, ok := s.up.early[next]
		if !ok {
			return nil
		}
		delete(s.up.early, next)
		s.budget.Give(budget.Early, int64(len(up)))
		var err error
		if b, err = wire.Decode(up, wire.Up); err != nil {
			return err
		}
	}
}

// run handles the frames of one lane.
func (s *Session) run(r *wire.Run) error {
	l := s.lane(r.Lane)
	if l == nil {
		if s.known(r.Lane) {
			return nil // ended on this side: both closes were seen, nothing counts any more
		}
		return wire.Broken("frames for lane %d, which was never opened", r.Lane)
	}
	if r.First != l.in.from.next {
		return wire.Broken("run on lane %d begins with sequence %d, not %d", r.Lane, r.First,
			l.in.from.next)
	}
	l.in.from.next += uint64(r.Count)
	a := arrivals{lane: l, most: int(r.Count)}
	err := r.Each(func(f wire.Frame, stride int) error { return s.frame(&a, f, stride) })
	l.in.credit.came.Store(l.in.from.received)
	if err != nil {
		return err
	}
	return a.deliver()
}

// frame handles one frame of a's run.
func (s *Session) frame(a *arrivals, f wire.Frame, stride int) error {
	l := a.lane
	if l.in.ended.Load() {
		return wire.Broken("%v frame after the close of lane %d", f.Kind, l.id)
	}
	window := l.in.window.Load()
	l.in.from.received += uint64(stride)
	if f.Kind >= wire.Close { // it looks at what is in the queue
		if err := a.deliver(); err != nil {
			return err
		}
	}
	if f.Kind == wire.Close {
		return s.pageClosed(l, f.Payload)
	}
	out := int64(l.in.from.received - l.in.credit.consumed.Load())
	if out > max(window, int64(stride)) || window == 0 {
		if window == 0 {
			return wire.Broken("%v frame on lane %d, which is one-way", f.Kind, l.id)
		}
		return wire.Broken("lane %d has %d bytes without credit, its window is %d", l.id, out,
			window)
	}
	kind, data := f.Kind, f.Payload
	if kind >= wire.Begin {
		before := l.in.from.part.Size()
		if l.id != 0 && l.end.why.Load() != nil {
			l.in.from.part.Discard() // nobody will receive it
		}
		done, err := l.in.from.part.Add(f, wire.Up, l.id, s.opt.MaxMessage)
		if err != nil {
			return err
		}
		more := int64(l.in.from.part.Size() - before)
		if err := s.budget.FromPage(budget.Fragments, more); err != nil {
			return err
		}
		if !done {
			l.fragment(stride)
			return nil
		}
		kind, data = l.in.from.part.Take()
		s.budget.Give(budget.Fragments, int64(cap(data))) // whoever keeps it counts it again
	} else if l.id != 0 && len(data) > s.opt.MaxMessage {
		return wire.Broken("message of %d bytes on lane %d, the limit is %d", len(data), l.id,
			s.opt.MaxMessage)
	} else if l.id != 0 && l.end.why.Load() == nil {
		data = bytes.Clone(data) // the batch is the carrier's
	}
	switch {
	case l.id == 0:
		defer l.consume(stride)
		return s.controlFrame(kind, data)
	case l.end.why.Load() != nil:
		l.consume(stride)
	default:
		a.add(message{kind, data, stride})
	}
	return nil
}

// pageClosed handles the page's close of a lane.
func (s *Session) pageClosed(l *lane, payload []byte) error {
	e := &ClosedError{Reason: "closed by the page", by: closedByPage}
	if len(payload) > 0 {
		cause := new(Error)
		if err := json.Unmarshal(payload, cause); err != nil {
			return wire.Broken("close frame on lane %d: %v", l.id, err)
		}
		e.Cause = cause
	}
	l.in.pageEnds()
	s.budget.Give(budget.Fragments, int64(l.in.from.part.Size()))
	l.in.from.part = wire.Assembly{}
	l.finish(e, false)
	l.ringCredit()
	s.down.receipts.mu.Lock()
	defer s.down.receipts.mu.Unlock()
	s.drop(l)
	return nil
}

// controlFrame handles a frame of lane 0.
func (s *Session) controlFrame(kind wire.Kind, data []byte) error {
	switch kind {
	case wire.Invoke:
		return s.invoke(data)
	case wire.Cancel:
		id, _, _, err := idAnd(data, kind)
		if err != nil {
			return err
		}
		if inv, ok := s.calls.running.Load(id); ok {
			inv.cancel(ErrCanceled)
		}
		return nil
	default: // result or error: the grammar lets nothing else pass
		return s.evalReply(kind, data)
	}
}

// creditsDue takes the credits that the next batch carries: at most an eighth of it.
func (s *Session) creditsDue() []wire.Credit {
	due := &s.down.due
	due.mu.Lock()
	defer due.mu.Unlock()
	n := min(len(due.lanes), s.opt.MaxBatch/8/wire.CreditSize)
	if n == 0 {
		return nil
	}
	credits := make([]wire.Credit, n)
	for i, l := range due.lanes[:n] {
		// before the load: what is consumed after it lists the lane again
		l.in.credit.due.Store(false)
		total := l.in.credit.consumed.Load()
		l.in.credit.told.Store(total)
		credits[i] = wire.Credit{Lane: l.id, Total: total}
	}
	rest := copy(due.lanes, due.lanes[n:])
	clear(due.lanes[rest:])
	due.lanes = due.lanes[:rest]
	return credits
}
