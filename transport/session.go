package transport

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/puzpuzpuz/xsync/v3"
	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
	"github.com/tailrace-go/tailrace/transport/internal/journal"
	"github.com/tailrace-go/tailrace/transport/internal/schedule"
	"github.com/tailrace-go/tailrace/transport/internal/scripts"
	"github.com/tailrace-go/tailrace/transport/internal/turns"
)

// Session is the connection with one page load. It ends once, by End or by a rule
// that the page broke; all its methods may be called from any goroutine and
// give ErrClosed afterwards.
type Session struct {
	// Set when the session opens.
	id           string
	engine       *Engine
	opt          *Options
	log          *slog.Logger
	label        string
	origin       string
	owner        any
	carrier      Carrier
	beforeResult func(string) func(context.Context) // Settle of SessionConfig
	unknown      func(command string) error         // of SessionConfig
	nativeEval   func(id uint32, js string, expectResult bool)
	ctx          context.Context // ends with the session; its cause is a *ClosedError
	cancel       context.CancelCauseFunc
	control      *lane
	lanes        *xsync.MapOf[uint32, *lane] // all but lane 0

	budget budget.Budget // what is held for the page, and by it
	// Lanes by their purpose: the page's channels, its raw bodies, Go's raw results.
	channels, uploads, downloads atomic.Int64

	// Senders hand lanes to the drainer.
	bell    chan struct{}
	readyMu sync.Mutex
	ready   []*lane

	// The drainer's own.
	schedule schedule.Schedule[*lane]
	number   uint64    // of the last batch that was built
	began    time.Time // when the batch was begun: a time, the engine's, and the meters' step
	at       time.Duration
	atStep   int64
	drained  chan struct{}

	// Batches without receipt.
	outMu       sync.Mutex
	outstanding []*Batch
	lastNumber  uint64
	spare       []*Batch // to be used again
	resend      timer

	// What the page sends; inMu makes Receive one at a time.
	inMu      sync.Mutex
	early     map[uint64][]byte // batches that came before their turn
	pageLanes uint32            // highest lane that the page has opened
	invokes   int               // invokes so far
	upReceipt atomic.Uint64     // number of the last upward batch that was handled
	leaving   atomic.Pointer[leaving]
	// keepUnread: what the page had sent is received also after the end. Set before the end.
	keepUnread atomic.Bool
	creditMu   sync.Mutex
	due        []*lane // lanes with upward credit to be told

	turns  turns.Turns[*invocation]  // of the page's ordered commands
	begins turns.Begins[*invocation] // of the others

	eventTurn chan struct{} // holds a token while no large event waits to begin, and none behind it

	nextLane atomic.Uint32 // the last lane that Go has opened
	// holds a token while no result that names one waits to be accepted: the page learns of lanes
	// in the order of their numbers
	downTurn chan struct{}

	commands *xsync.MapOf[uint32, *invocation] // that run now
	pending  atomic.Int64
	crowd    crowd
	evals    *xsync.MapOf[uint32, chan evalReply]
	lastEval atomic.Uint64 // counts the evals; its low half is the last one's number
	scripts  scripts.Store // that the page may want to be evaluated natively

	journal journal.Journal

	figures figures
	serial  uint64        // the engine's number of the session
	opened  time.Duration // when
	gone    struct {      // sums of the channels that are gone
		sync.Mutex
		Totals
	}
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
		id: hex.EncodeToString(id[:]), engine: e, opt: &e.opt, label: c.Label, origin: c.Origin,
		owner: c.Owner, carrier: c.Carrier, nativeEval: c.NativeEval, beforeResult: c.Settle,
		unknown:  c.Unknown,
		log:      e.opt.Logger.With("window", c.Label),
		lanes:    xsync.NewMapOf[uint32, *lane](),
		bell:     make(chan struct{}, 1),
		drained:  make(chan struct{}),
		early:    make(map[uint64][]byte),
		commands: xsync.NewMapOf[uint32, *invocation](),
		evals:    xsync.NewMapOf[uint32, chan evalReply](),

		eventTurn: make(chan struct{}, 1),
		downTurn:  make(chan struct{}, 1),
	}
	s.budget.Start(int64(e.opt.SessionBytes))
	s.scripts.Start(&s.budget)
	s.ctx, s.cancel = context.WithCancelCause(context.WithValue(context.Background(), sessionKey{},
		s))
	s.eventTurn <- struct{}{}
	s.downTurn <- struct{}{}
	s.control = newLane(s, 0, e.opt.ControlBytes)
	s.control.name = "control"
	s.control.in.window.Store(int64(e.opt.Window))
	s.journal.Start(s.log, s.carrier)
	s.opened = e.now()
	s.carrier.Bind(s, e.opt)
	if _, err := s.control.open(); err != nil { // now: later the channels may have taken all memory
		err = fmt.Errorf("failed to open a session: %w", err)
		closed := &ClosedError{Reason: "the session could not open", Cause: err}
		s.cancel(closed)
		s.carrier.Close(closed)
		return nil, err
	}
	e.enter(s)
	s.journal.Opened(s.serial, s.origin)
	go s.drain()
	return s, nil
}

type sessionKey struct{}

// SessionFrom returns the session of the page that called the command, nil when ctx is
// not a handler's.
func SessionFrom(ctx context.Context) *Session {
	s, _ := contexts.OrBackground(ctx).Value(sessionKey{}).(*Session)
	return s
}

// ID is the session's secret: 128 random bits in hexadecimal. Who holds it is the page.
func (s *Session) ID() string { return s.id }

// Label is the window's label.
func (s *Session) Label() string { return s.label }

// Origin is the page's origin.
func (s *Session) Origin() string { return s.origin }

// Owner is what SessionConfig.Owner was.
func (s *Session) Owner() any { return s.owner }

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
		wire.Version, s.id, s.label, s.opt.Pulls, Posts, s.opt.Hold.Milliseconds(),
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
		s.keepUnread.Store(true)
	}
	s.cancel(e)
	if context.Cause(s.ctx) != error(e) {
		return // another goroutine was first
	}
	s.resend.stop()
	finish := func(_ uint32, l *lane) bool { l.finish(e, false); return true }
	finish(0, s.control)
	s.lanes.Range(finish)
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
	if err := s.control.wait(ctx, s.control.accepted(), true); err != nil {
		return fmt.Errorf("transport: flush: %w", err)
	}
	var err error
	s.lanes.Range(func(_ uint32, l *lane) bool {
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

// lane finds a lane.
func (s *Session) lane(id uint32) *lane {
	if id == 0 {
		return s.control
	}
	l, _ := s.lanes.Load(id)
	return l
}

// known reports whether that lane was ever opened; caller holds inMu.
func (s *Session) known(id uint32) bool {
	if id%2 == 1 {
		return id <= s.pageLanes
	}
	return id <= s.nextLane.Load()
}

// enter makes a lane known, counted by its purpose. It has ended already when the session has.
func (s *Session) enter(l *lane, count *atomic.Int64) *lane {
	l.count = count
	count.Add(1)
	s.budget.Add(budget.Lanes, laneCost)
	s.lanes.Store(l.id, l)
	s.figures.opened.Add(1)
	// the walks of End and of the drainer may have passed already
	if err := s.ctx.Err(); err != nil {
		l.finish(context.Cause(s.ctx).(*ClosedError), false)
		s.forget(l)
	}
	return l
}

// drop forgets a lane whose close was seen in both directions.
func (s *Session) drop(l *lane) {
	l.mu.Lock()
	gone := l.received.closed && l.in.ended.Load()
	l.mu.Unlock()
	if gone {
		s.forget(l)
	}
}

// forget takes a lane out of the figures, but for the sums, and gives back its memory. It has
// ended, and no carrier reads its rings. Only the first call counts.
func (s *Session) forget(l *lane) {
	s.gone.Lock()
	_, ok := s.lanes.LoadAndDelete(l.id)
	if ok {
		st := l.stats()
		t := st.totals().ended()
		s.gone.add(&t)
	}
	s.gone.Unlock()
	if ok {
		l.count.Add(-1)
		s.budget.Give(budget.Lanes, laneCost)
		l.forgetUnread()
		l.freeRings()
		s.push(l) // the drainer lets its ring go
	}
}

// forgetAll takes what a session that has ended still holds out of the figures. Nothing comes any
// more: who holds inMu looks first whether the session has ended. Commands that still run are
// counted until they have returned.
func (s *Session) forgetAll() {
	s.inMu.Lock()
	defer s.inMu.Unlock()
	for _, up := range s.early {
		s.budget.Give(budget.Early, int64(len(up)))
	}
	clear(s.early)
	drop := func(l *lane) {
		s.budget.Give(budget.Fragments, int64(l.in.part.Size()))
		l.in.part = wire.Assembly{}
		l.forgetUnread()
	}
	drop(s.control)
	s.lanes.Range(func(_ uint32, l *lane) bool {
		drop(l)
		s.forget(l)
		return true
	})
	s.scripts.Forget()
	s.outMu.Lock()
	defer s.outMu.Unlock()
	for _, b := range s.outstanding {
		for _, d := range b.runs {
			d.lane.gave(d.cost)
		}
	}
	s.outstanding, s.spare = nil, nil
}
