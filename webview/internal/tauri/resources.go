package tauri

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/transport"
)

// ErrResources is a resource too many.
var ErrResources = errors.New("webview: the page holds too many resources")

// Resources are what a page holds by numbers. They end with their page. The zero value is ready.
type Resources struct {
	mu    sync.Mutex
	last  uint32
	held  map[uint32]io.Closer
	ended bool
}

// Add holds c, if it is not more than most.
func (r *Resources) Add(c io.Closer, most int) (uint32, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ended:
		return 0, fmt.Errorf("webview: the page is gone: %w", transport.ErrClosed)
	case len(r.held) >= most:
		return 0, ErrResources
	case r.held == nil:
		r.held = make(map[uint32]io.Closer)
	}
	for taken := true; taken; { // the numbers begin anew behind 2^32-1
		if r.last++; r.last != 0 {
			_, taken = r.held[r.last]
		}
	}
	r.held[r.last] = c
	return r.last, nil
}

// Get gives the resource of that number, nil for none.
func (r *Resources) Get(rid uint32) io.Closer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held[rid]
}

// Take gives the resource of that number, nil for none, and lets go of it.
func (r *Resources) Take(rid uint32) io.Closer {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.held[rid]
	delete(r.held, rid)
	return c
}

// CloseResource calls the app's Close. Its panic is an error.
func CloseResource(c io.Closer) (err error) {
	if f := appcode.Call(func() { err = c.Close() }); f != nil {
		return fmt.Errorf("webview: the Close of a %T %w", c, f)
	}
	return err
}

// errExited is a Close that has ended its goroutine.
var errExited = errors.New("webview: the Close of a resource has ended its goroutine")

// End closes all that are left, not on the caller's goroutine.
func (r *Resources) End(failed func(error)) {
	r.mu.Lock()
	held := r.held
	r.held, r.ended = nil, true
	r.mu.Unlock()
	if len(held) == 0 {
		return
	}
	go func() {
		for _, c := range held {
			err := errExited
			// none keeps the others from being closed
			appcode.Apart(func() { err = CloseResource(c) })
			if err != nil {
				failed(err)
			}
		}
	}()
}

// NoResource answers a page that names a number without a resource.
func NoResource(rid uint32) error {
	return &transport.Error{
		Code: CodeNoResource, Message: fmt.Sprintf("The resource id %d is invalid.", rid),
	}
}

func (c *commands) registerResources() {
	type byNumber struct{ Rid uint32 }
	plain(c, "plugin:resources|close", func(ctx context.Context, args byNumber) (any, error) {
		r := c.app.Resources(ctx)
		if r == nil {
			return nil, NoResource(args.Rid)
		}
		held := r.Take(args.Rid)
		if held == nil {
			return nil, NoResource(args.Rid)
		}
		return nil, CloseResource(held)
	})
}
