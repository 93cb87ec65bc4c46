package transport

import (
	"errors"
	"slices"
	"time"

	"github.com/puzpuzpuz/xsync/v3"
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
		opt: o, commands: xsync.NewMapOf[string, *command](), resumables: xsync.NewMapOf[string,
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
