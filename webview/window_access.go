package webview

import (
	"context"
	"time"

	"github.com/tailrace-go/tailrace/internal/builtin"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
)

// access is a page's way to the main thread. Its commands go there one after the other, each when
// the one before is done and the loop had nothing more urgent to do since, as other windows'
// events and drawing are. So a page that calls without end waits, and others don't wait for it.
//
// What a command causes elsewhere is not seen from here: the window manager answers, windows are
// laid out and drawn again, processes start. So changes have a price besides: so many at once, and
// then so many a second.
//
// It is the window's, and outlives the page: to reload gives no new one.
type access struct {
	held    chan struct{}     // one element while a command has it
	settled <-chan struct{}   // nil before the first command
	paces   [len(prices)]pace // for who has the turn
}

// settleMost is how long a command waits for the loop to have nothing more urgent. A loop that
// always has, as when many windows draw, must not keep a page from its window for ever.
const settleMost = 100 * time.Millisecond

// prices are what commands cost, by their row in the table.
var prices = [...]price{
	builtin.Asking:   {},
	builtin.Changing: {burst: 32, each: 10 * time.Millisecond},
	builtin.Dear:     {burst: 4, each: 500 * time.Millisecond},
}

// price is what commands cost: burst of them at once, and one more after each.
type price struct {
	burst int
	each  time.Duration
}

// pace says when something may be done that has a price.
type pace struct{ at time.Time }

// wait counts one more, and gives how long it has to wait for its time.
func (p *pace) wait(now time.Time, cost price) time.Duration {
	if full := now.Add(-time.Duration(cost.burst) * cost.each); p.at.Before(full) {
		p.at = full
	}
	p.at = p.at.Add(cost.each)
	return p.at.Sub(now)
}

// take counts one more if its time has come, and says whether it has.
func (p *pace) take(now time.Time, cost price) bool {
	if p.wait(now, cost) <= 0 {
		return true
	}
	p.at = p.at.Add(-cost.each)
	return false
}

func newAccess() access { return access{held: make(chan struct{}, 1)} }

// take waits for the turn.
func (t *access) take(ctx context.Context, over <-chan struct{}, p builtin.Price) error {
	select {
	case t.held <- struct{}{}:
	case <-over:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	err := context.Cause(ctx) // both may have been ready
	if err == nil && t.settled != nil {
		err = waitFor(ctx, over, t.settled, settleMost)
	}
	if cost := prices[p]; err == nil && cost.burst > 0 {
		err = waitFor(ctx, over, nil, t.paces[p].wait(time.Now(), cost))
		if err != nil { // it costs nothing
			t.paces[p].at = t.paces[p].at.Add(-cost.each)
		}
	}
	if err != nil {
		<-t.held
	}
	return err
}

// waitFor waits until c is closed, for a time at most. A nil c never is.
func waitFor(ctx context.Context, over, c <-chan struct{}, most time.Duration) error {
	if most <= 0 {
		return nil
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-c:
	case <-timer.C:
	case <-over:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// give ends the turn. The next one begins when the loop had nothing more urgent.
func (t *access) give() {
	t.settled = mainloop.Idle()
	<-t.held
}

// inTurn has a page's command run in the page's turn. It returns when what the command has posted
// is done, or its page is gone.
func inTurn[Result any](
	ctx context.Context, a *App, p builtin.Price, f func() (Result, error),
) (r Result, err error) {
	w, _ := transport.SessionFrom(ctx).Owner().(*Window)
	if w == nil {
		return r, ErrClosed
	}
	if err := w.access.take(ctx, a.over, p); err != nil {
		return r, err
	}
	defer func() {
		// The turn ends there, and not with the command: a page that cancels must not have another
		// one.
		done := make(chan struct{})
		a.post(func() {
			w.access.give()
			close(done)
		})
		select {
		case <-done:
		case <-a.over:
		case <-ctx.Done():
		}
	}()
	return f()
}
