package transport

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/puzpuzpuz/xsync/v3"
	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/builtin"
	"github.com/tailrace-go/tailrace/internal/ranked"
)

// Engine holds the commands of an app and the settings of its sessions. Its methods may be called
// from any goroutine.
type Engine struct {
	opt        Options
	commands   *xsync.MapOf[string, *command]
	resumables *xsync.MapOf[string, *resumable]
	epoch      time.Time // the figures' times count from here
	inGap      func(gap) // nil but in tests

	mu       ranked.Mutex[ranked.Engine] // guards what follows
	serial   uint64                      // of the last session
	sessions []*Session                  // open, or giving their memory back
	gone     EngineStats
}

// NewEngine checks the options and makes an engine.
func NewEngine(o Options) (*Engine, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &Engine{
		opt: o, commands: xsync.NewMapOf[string, *command](),
		resumables: xsync.NewMapOf[string,
			*resumable](), epoch: time.Now(),
	}
	row := builtin.Named(CommandResume)
	HandleWith(e, CommandResume, CommandOptions{Asks: row.Asks(), MaxArgs: row.MaxArgs}, e.resume)
	return e, nil
}

// Options returns the engine's options, defaults filled in.
func (e *Engine) Options() Options { return e.opt }

// Open makes a session for a page that has said hello.
func (e *Engine) Open(c SessionConfig) (*Session, error) {
	if c.Carrier == nil {
		return nil, errors.New("transport: a session needs a carrier")
	}
	return newSession(e, c)
}

// gap is a place between two decisions where others may come in. Tests have them come in there.
type gap int

const (
	gapNothingFound gap = iota + 1 // a receiver has found no message
	gapLetGo                       // a command has let go of a channel
	gapHold                        // a command is about to hold a channel, which has not ended yet
	gapDiscarded                   // a resumable channel is discarded, its name is not free yet
	gapAnswered                    // a call's answer is on its way, and the call is not over yet
)

// pass goes through a gap. The caller holds no lock that whoever comes in there needs.
func (e *Engine) pass(g gap) {
	if e.inGap != nil {
		e.inGap(g)
	}
}

// now is the time since the engine was made.
func (e *Engine) now() time.Duration { return time.Since(e.epoch) }

// enter numbers a session, and counts it from now on.
func (e *Engine) enter(s *Session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.serial++
	s.page.serial = e.serial
	e.sessions = append(e.sessions, s)
}

// leave keeps the sums of a session that is over.
func (e *Engine) leave(s *Session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	st := s.Stats()
	e.gone.add(&st, true)
	e.sessions = slices.DeleteFunc(e.sessions, func(o *Session) bool { return o == s })
}

// Action is what a page does, or what is done to it.
type Action string

// The actions that a Policy decides about, each with the meaning of Permission.Name.
const (
	ActionCommand Action = "command" // a call; the command
	ActionChannel Action = "channel" // a channel in a call's arguments; the command
	ActionResume  Action = "resume"  // attaching to a resumable channel; its name
	ActionListen  Action = "listen"  // listening to an event; the event
	ActionEmit    Action = "emit"    // emitting an event; the event
	ActionEval    Action = "eval"    // Go evaluates a script in the page; nothing
	ActionWindow  Action = "window"  // opening a window or acting on one; its label
	ActionFile    Action = "file"    // reading a file of the system by its URL; its absolute path
)

// Permission is one thing that a page wants to do, or that Go wants to do to it.
type Permission struct {
	// Label is the page's window, Origin the page's origin.
	Label, Origin string
	Action        Action
	Name          string
}

// maxShownName bounds what a message repeats of a name that the page chose.
const maxShownName = 100

// String is the permission as the rules of a policy write it: "command:download", "eval".
func (p Permission) String() string {
	if p.Name == "" {
		return string(p.Action)
	}
	name := p.Name
	if len(name) > maxShownName {
		name = name[:maxShownName] + "…"
	}
	return string(p.Action) + ":" + name
}

// Denied is the error of a permission that is missing. Its message names the permission.
func (p Permission) Denied() *Error {
	return &Error{
		Code: CodeDenied,
		Message: fmt.Sprintf("window %q (%s) lacks the permission %q", p.Label,
			p.Origin, p.String()),
	}
}

// Policy decides what pages may do, and what may be done to them. Package policy has one made of
// rules.
type Policy interface {
	// Check returns nil for what is allowed, otherwise p.Denied() or an error that says more. It is
	// called from any goroutine, often, and must not block. A Check that panics denies.
	Check(p Permission) error
}

// Denier is a Policy that can tell what it denies from what it merely does not allow. Calls that
// need another permission than "command:<name>" (CommandOptions.Asks) are then refused if that is
// denied.
type Denier interface {
	// Denies says whether p is denied, whatever is allowed. It is called like Check.
	Denies(p Permission) bool
}

// Check asks the engine's policy about this page. The error is an *Error with CodeDenied. The first
// denial of each action and name is logged.
func (s *Session) Check(a Action, name string) error {
	if e := s.check(a, name); e != nil {
		return e
	}
	return nil
}

func (s *Session) check(a Action, name string) *Error {
	p := Permission{Label: s.page.label, Origin: s.page.origin, Action: a, Name: name}
	denied := s.engine.check(s.log, p)
	if denied != nil {
		s.logDenial(p)
	}
	return denied
}

// Check asks the engine's policy, for who has no Session. The error is an *Error with CodeDenied.
// Unlike Session.Check it does not log a denial, unless the policy panicked.
func (e *Engine) Check(p Permission) error {
	if denied := e.check(e.opt.Logger.With("window", p.Label), p); denied != nil {
		return denied
	}
	return nil
}

// check is the one place where a policy's Check is called.
func (e *Engine) check(log *slog.Logger, p Permission) *Error {
	if e.opt.Policy == nil {
		return nil
	}
	var err error
	if f := appcode.Call(func() { err = e.opt.Policy.Check(p) }); f != nil {
		policyPanicked(log, p, f)
		return p.Denied()
	}
	if err == nil {
		return nil
	}
	denied := crossing(log, err)
	if denied.Code != CodeDenied {
		said := denied.Message
		denied = p.Denied()
		denied.Message += ": " + said
	}
	return denied
}

func policyPanicked(log *slog.Logger, p Permission, f *appcode.Failure) {
	log.Error("policy panicked, which denies", "permission", p.String(), "panic", f.Panic,
		"stack", f.Stack)
}

// checkDenied is Check that lets pass what the policy does not deny.
func (s *Session) checkDenied(a Action, name string) *Error {
	d, ok := s.opt.Policy.(Denier)
	if !ok {
		return nil
	}
	p := Permission{Label: s.page.label, Origin: s.page.origin, Action: a, Name: name}
	denies := true
	if f := appcode.Call(func() { denies = d.Denies(p) }); f != nil {
		policyPanicked(s.log, p, f)
	}
	if !denies {
		return nil
	}
	s.logDenial(p)
	return p.Denied()
}

// logDenial logs the first denial of a permission.
func (s *Session) logDenial(p Permission) { s.journal.Denied(p.String(), s.page.origin) }
