package transport

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/puzpuzpuz/xsync/v3"
	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
	"github.com/tailrace-go/tailrace/transport/internal/journal"
)

// Session is the connection with one page load. It ends once, by End or by a rule that the page
// broke; all its methods may be called from any goroutine and give ErrClosed afterwards.
//
// What changes in it belongs to its parts, each of which says who may touch it.
type Session struct {
	// Set when the session opens.
	page    pageOf
	engine  *Engine
	opt     *Options
	log     *slog.Logger
	carrier Carrier
	ctx     context.Context // ends with the session; its cause is a *ClosedError
	cancel  context.CancelCauseFunc

	budget  budget.Budget // what is held for the page, and by it
	journal journal.Journal
	lanes   laneTable
	down    down   // what goes down
	up      up     // what comes up
	calls   calls  // of commands
	evals   evals  // of scripts
	events  events // on their way into lane 0
}

// pageOf is whose a session is. It is set when the session opens.
type pageOf struct {
	id, label, origin string
	owner             any
	serial            uint64        // the engine's number of the session
	opened            time.Duration // when
}

// SessionConfig says what Engine.Open makes a session of.
type SessionConfig struct {
	// Carrier is the session's own; the session closes it.
	Carrier Carrier
	// Label is the window's, Origin the page's ("tailrace://localhost").
	Label, Origin string
	// Owner is what Session.Owner returns: the window, for package webview.
	Owner any
	// Settle, if not nil, is called with its name when a command begins. What it returns, if not
	// nil, is called when the handler has returned, with the command's context, and the result is
	// sent when that returns: it waits until what others keep for this page is in lane 0. So events
	// that the command has emitted come before its result though the page was not ready for them.
	Settle func(command string) func(ctx context.Context)
	// Unknown, if not nil, gives the error of a command that has no handler, or nil: the usual one.
	// It is called on the command's goroutine.
	Unknown func(command string) error
	// NativeEval evaluates a script outside of the session, in the page's global scope. It is
	// called when the page's Content-Security-Policy forbids eval, on a goroutine of its own. The
	// page handles nothing else of lane 0, and so asks for no other script, until it is told that
	// this one ran: see NativeEvaluated. expectResult: somebody waits for the value. Nil: such
	// scripts fail.
	NativeEval func(id uint32, js string, expectResult bool)
}

// newSession makes the session and starts its drainer.
func newSession(e *Engine, c SessionConfig) (*Session, error) {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails: crypto/rand ends the process instead
	s := &Session{
		page: pageOf{
			id: hex.EncodeToString(id[:]), label: c.Label, origin: c.Origin, owner: c.Owner,
		},
		engine: e, opt: &e.opt, log: e.opt.Logger.With("window", c.Label), carrier: c.Carrier,
	}
	s.ctx, s.cancel = context.WithCancelCause(
		context.WithValue(context.Background(), sessionKey{}, s))
	s.budget.Start(int64(e.opt.SessionBytes))
	s.lanes.open = xsync.NewMapOf[uint32, *lane]()
	s.down.start(s)
	s.up.early = make(map[uint64][]byte)
	s.calls.start(&c)
	s.evals.start(&c, &s.budget)
	s.events.turn = newToken()
	s.lanes.control = newLane(s, 0, e.opt.ControlBytes)
	s.lanes.control.name = "control"
	s.lanes.control.in.window.Store(int64(e.opt.Window))
	s.journal.Start(s.log, s.carrier)
	s.page.opened = e.now()
	s.carrier.Bind(s, e.opt)
	if _, err := s.lanes.control.open(); err != nil { // now: channels may take all memory later
		err = fmt.Errorf("failed to open a session: %w", err)
		closed := &ClosedError{Reason: "the session could not open", Cause: err}
		s.cancel(closed)
		s.carrier.Close(closed)
		return nil, err
	}
	e.enter(s)
	s.journal.Opened(s.page.serial, s.page.origin)
	go s.drain()
	return s, nil
}

type sessionKey struct{}

// token is a turn: who takes it out has the turn, and puts it back.
type token chan struct{}

func newToken() token {
	t := make(token, 1)
	t <- struct{}{}
	return t
}

// SessionFrom returns the session of the page that called the command, nil when ctx is
// not a handler's.
func SessionFrom(ctx context.Context) *Session {
	s, _ := contexts.OrBackground(ctx).Value(sessionKey{}).(*Session)
	return s
}

// ID is the session's secret: 128 random bits in hexadecimal. Who holds it is the page.
func (s *Session) ID() string { return s.page.id }

// Label is the window's label.
func (s *Session) Label() string { return s.page.label }

// Origin is the page's origin.
func (s *Session) Origin() string { return s.page.origin }

// Owner is what SessionConfig.Owner was.
func (s *Session) Owner() any { return s.page.owner }

// Done is closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.ctx.Done() }

// Err is nil, or why the session ended: a *ClosedError.
func (s *Session) Err() error { return context.Cause(s.ctx) }

// hello is the JSON of hello's answer; WIRE.md has the fields.
type hello struct {
	Version    int    `json:"version"`
	Session    string `json:"session"`
	Label      string `json:"label"`
	Pulls      int    `json:"pulls"`
	Posts      int    `json:"posts"`
	Hold       int64  `json:"hold"`
	MaxBatch   int    `json:"maxBatch"`
	MaxMessage int    `json:"maxMessage"`
	Window     int    `json:"window"`
	Lanes      int    `json:"lanes"`
	Pending    int    `json:"pending"`
}

// Hello returns the JSON that tells the page its session id and its limits.
func (s *Session) Hello() []byte {
	b, err := json.Marshal(hello{
		wire.Version, s.page.id, s.page.label, s.opt.Pulls, Posts, s.opt.Hold.Milliseconds(),
		s.opt.MaxBatch, s.opt.MaxMessage, s.opt.Window, s.opt.Lanes, s.opt.Pending,
	})
	if err != nil {
		panic(err) // plain fields: cannot fail
	}
	return b
}

// End ends the session for that reason ("page was reloaded", "window closed"). Channels and
// calls get a *ClosedError with it, commands' contexts are cancelled. Only the first call counts.
func (s *Session) End(reason string) { s.end(&ClosedError{Reason: reason}) }

func (s *Session) end(e *ClosedError) { s.over(e, false) }

// over ends the session once. keep: what the page had sent is still received.
func (s *Session) over(e *ClosedError, keep bool) {
	if s.ctx.Err() != nil {
		return
	}
	e.by = closedWithSession
	if keep { // before the end: whoever sees it may finish a lane
		s.up.keepUnread.Store(true)
	}
	s.cancel(e)
	if context.Cause(s.ctx) != error(e) {
		return // another goroutine was first
	}
	s.down.receipts.resend.stop()
	finish := func(_ uint32, l *lane) bool { l.finish(e, false); return true }
	finish(0, s.lanes.control)
	s.lanes.open.Range(finish)
	s.carrier.Close(e)
	s.journal.Ended(e.Reason, e.Cause)
}

// Settled implements Port.
func (s *Session) Settled() {
	if s.ctx.Err() == nil {
		s.journal.Settled()
	}
}

// Fail implements Port.
func (s *Session) Fail(rule error) { _ = s.fail(rule) }

// fail ends the session because the page broke a rule, which it returns.
func (s *Session) fail(err error) error {
	s.end(&ClosedError{Reason: "the page broke a rule of the protocol", Cause: err})
	return err
}

// Flush returns when everything that all channels, events and evals of the session had
// accepted has its receipt.
func (s *Session) Flush(ctx context.Context) error {
	ctx = contexts.OrBackground(ctx)
	if err := s.lanes.control.wait(ctx, s.lanes.control.accepted(), true); err != nil {
		return fmt.Errorf("transport: flush: %w", err)
	}
	var err error
	s.lanes.open.Range(func(_ uint32, l *lane) bool {
		err = l.wait(ctx, l.accepted(), true)
		if errors.Is(err, ErrClosed) && s.ctx.Err() == nil {
			err = nil // the page has closed that channel: its end is told where it is used
		}
		return err == nil
	})
	if err == nil {
		err = s.Err() // the end forgets the channels
	}
	if err != nil {
		return fmt.Errorf("transport: flush: %w", err)
	}
	return nil
}

// forgetAll takes what a session that has ended still holds out of the figures. Nothing comes any
// more: who holds up.mu looks first whether the session has ended. Commands that still run are
// counted until they have returned.
func (s *Session) forgetAll() {
	s.up.mu.Lock()
	defer s.up.mu.Unlock()
	for _, up := range s.up.early {
		s.budget.Give(budget.Early, int64(len(up)))
	}
	clear(s.up.early)
	drop := func(l *lane) {
		s.budget.Give(budget.Fragments, int64(l.in.from.part.Size()))
		l.in.from.part = wire.Assembly{}
		l.forgetUnread()
	}
	drop(s.lanes.control)
	s.lanes.open.Range(func(_ uint32, l *lane) bool {
		drop(l)
		s.forget(l)
		return true
	})
	s.evals.scripts.Forget()
	s.down.receipts.forget()
}

// leaving is what a page has said as it is being left: the number of its last batch.
type leaving struct {
	last   uint64
	reason string
}

// Leave ends the session of a page that is gone. With last 0 it ends at once; else when the page's
// batch of that number has been handled, and its ordered commands, too. What the page had sent by
// then is not lost: commands run, though their context has ended, and messages are received, before
// ErrClosed. After End neither is.
//
// A batch that never comes ends nothing: call End, or Leave with 0, after a while.
func (s *Session) Leave(last uint64, reason string) {
	// before the look: who handles the batch looks here after
	s.up.leaving.Store(&leaving{last, reason})
	if last == 0 {
		s.left(reason)
		return
	}
	s.handled(s.up.receipt.Load())
}

// handled ends the session of a page that is being left, and has sent nothing beyond that batch. It
// may be called under up.mu: the end has a goroutine of its own.
func (s *Session) handled(number uint64) {
	if l := s.up.leaving.Load(); l != nil && number >= l.last {
		s.calls.turns.Behind(func() { s.left(l.reason) })
	}
}

func (s *Session) left(reason string) { s.over(&ClosedError{Reason: reason}, true) }

// eventRefused logs that lane 0 has no room for events, if it is time to.
func (s *Session) eventRefused() {
	if s.journal.EventRefused(s.engine.now()) {
		s.journal.EventsRefused(s.lanes.control.stats().Depth, s.events.refused.Load())
	}
}

// logEnd logs that a channel has ended with an error. The end of its session is logged for all of
// them.
func (l *lane) logEnd(e *ClosedError) {
	if e.Cause != nil && l.id != 0 && l.s.ctx.Err() == nil {
		l.s.journal.ChannelEnded(l.id, l.name, l.in.ended.Load(), e.Reason, e.Cause)
	}
}
