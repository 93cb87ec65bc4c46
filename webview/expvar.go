package webview

import (
	"errors"
	"expvar"
	"fmt"
	"sync"
)

// ErrPublished is a name under which package expvar has a variable already.
var ErrPublished = errors.New("webview: expvar has a variable of that name already")

// publishing makes looking for a name and taking it one step for all Apps.
var publishing sync.Mutex

// PublishExpvar publishes the app's Stats as the variable of that name: a program that serves
// package expvar's page (net/http's /debug/vars) shows them there, as JSON. The figures are read
// when somebody asks. A variable can't be taken back, so that it keeps the App in memory, and shows
// its last figures after Run. Errors: ErrPublished, an empty name. Any goroutine may call it.
func (a *App) PublishExpvar(name string) (err error) {
	if name == "" {
		return errors.New("webview: an expvar variable needs a name")
	}
	publishing.Lock()
	defer publishing.Unlock()
	if expvar.Get(name) != nil {
		return fmt.Errorf("%w: %q", ErrPublished, name)
	}
	defer func() { // somebody else has taken it meanwhile
		if recover() != nil {
			err = fmt.Errorf("%w: %q", ErrPublished, name)
		}
	}()
	expvar.Publish(name, expvar.Func(func() any { return a.Stats() }))
	return nil
}
