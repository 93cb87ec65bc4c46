package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/puzpuzpuz/xsync/v3"
)

// Engine holds the commands of an app and its open sessions. Its methods may be called
// from any goroutine.
type Engine struct {
	opt      Options
	commands *xsync.MapOf[string, *command]

	mu       sync.Mutex
	sessions map[*Session]struct{}
	closed   bool
}

// NewEngine checks the options and makes an engine.
func NewEngine(o Options) (*Engine, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Engine{opt: o, commands: xsync.NewMapOf[string, *command](), sessions: make(map[*Session]struct{})}, nil
}

// Options returns the engine's options, defaults filled in.
func (e *Engine) Options() Options { return e.opt }

// Open makes a session for a page that has said hello.
func (e *Engine) Open(c SessionConfig) (*Session, error) {
	if c.Carrier == nil {
		return nil, errors.New("transport: a session needs a carrier")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, fmt.Errorf("failed to open a session: %w", &ClosedError{Reason: "the engine is shut down"})
	}
	s, err := newSession(e, c)
	if err != nil {
		return nil, err
	}
	e.sessions[s] = struct{}{}
	return s, nil
}

func (e *Engine) forget(s *Session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.sessions, s)
}

// Sessions returns the open sessions, in no order.
func (e *Engine) Sessions() []*Session {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]*Session, 0, len(e.sessions))
	for s := range e.sessions {
		all = append(all, s)
	}
	return all
}

// Shutdown refuses new sessions, waits until all that was accepted has its receipt, and ends
// the sessions. When ctx ends first they end all the same, and its error is returned.
func (e *Engine) Shutdown(ctx context.Context) error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	var errs []error
	for _, s := range e.Sessions() {
		if err := s.Flush(ctx); err != nil && !errors.Is(err, ErrClosed) {
			errs = append(errs, err)
		}
		s.End("the app is shutting down")
	}
	return errors.Join(errs...)
}
