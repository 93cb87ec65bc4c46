package transport

import (
	"errors"

	"github.com/puzpuzpuz/xsync/v3"
)

// Engine holds the commands of an app and the settings of its sessions. Its methods may be called
// from any goroutine.
type Engine struct {
	opt      Options
	commands *xsync.MapOf[string, *command]
}

// NewEngine checks the options and makes an engine.
func NewEngine(o Options) (*Engine, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Engine{opt: o, commands: xsync.NewMapOf[string, *command]()}, nil
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
