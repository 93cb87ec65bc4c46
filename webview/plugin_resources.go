package webview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/transport"
)

// resources are what a page holds by numbers. They end with their page.
type resources struct {
	mu    sync.Mutex
	last  uint32
	held  map[uint32]io.Closer
	ended bool
}

// AddResource lets the page that called the command of ctx hold c, by the number that it gives,
// which the command returns (a class of the page's extends Resource of @tauri-apps/api/core). c is
// closed when the page closes it, which needs Options.Tauri or ImportMap, or when the page goes.
// Errors: ErrClosed when it is gone already, and c is closed then; ErrResources; a nil c.
func AddResource(ctx context.Context, c io.Closer) (rid uint32, err error) {
	if c == nil {
		return 0, errors.New("webview: the resource is nil")
	}
	r := resourcesOf(ctx, false)
	if r == nil {
		return 0, closeAfter(c,
			fmt.Errorf("webview: the page is gone, or the context is not that of a command: %w",
				ErrClosed))
	}
	rid, err = r.add(c, Caller(ctx).app.options.MaxResources)
	if err != nil {
		return 0, fmt.Errorf("failed to add a resource: %w", closeAfter(c, err))
	}
	return rid, nil
}

func closeAfter(c io.Closer, err error) error {
	if failed := closeResource(c); failed != nil {
		return fmt.Errorf("%w (and to close it: %w)", err, failed)
	}
	return err
}

// closeResource calls the app's Close. Its panic is an error.
func closeResource(c io.Closer) (err error) {
	if f := appcode.Call(func() { err = c.Close() }); f != nil {
		return fmt.Errorf("webview: the Close of a %T %w", c, f)
	}
	return err
}

// ResourceOf gives the resource of that number of the page that called the command of ctx. Of
// a page that is being left it does so until the session has ended.
func ResourceOf[T io.Closer](ctx context.Context, rid uint32) (T, error) {
	var none T
	r := resourcesOf(ctx, true)
	if r == nil {
		return none, noResource(rid)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.held[rid].(T)
	if !ok {
		return none, noResource(rid)
	}
	return c, nil
}

// resourcesOf gives those of the page of a command; left: of one that is being left, too.
func resourcesOf(ctx context.Context, left bool) *resources {
	w, s := Caller(ctx), transport.SessionFrom(ctx)
	if w == nil || s == nil {
		return nil
	}
	p := w.page.Load()
	if left && (p == nil || p.session != s) {
		p = w.leaving.Load()
	}
	if p == nil || p.session != s {
		return nil
	}
	return &p.resources
}

func noResource(rid uint32) error {
	return &transport.Error{
		Code: CodeNoResource, Message: fmt.Sprintf("The resource id %d is invalid.", rid),
	}
}

// add holds c, if it is not more than most.
func (r *resources) add(c io.Closer, most int) (uint32, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ended:
		return 0, fmt.Errorf("webview: the page is gone: %w", ErrClosed)
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

func (r *resources) take(rid uint32) io.Closer {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.held[rid]
	delete(r.held, rid)
	return c
}

// errExited is a Close that has ended its goroutine.
var errExited = errors.New("webview: the Close of a resource has ended its goroutine")

// end closes all that are left, not on the caller's goroutine.
func (r *resources) end(failed func(error)) {
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
			appcode.Apart(func() { err = closeResource(c) })
			if err != nil {
				failed(err)
			}
		}
	}()
}

func registerResources(a *App) {
	type byNumber struct{ Rid uint32 }
	plain(a, "plugin:resources|close", func(ctx context.Context, args byNumber) (any, error) {
		r := resourcesOf(ctx, true)
		if r == nil {
			return nil, noResource(args.Rid)
		}
		c := r.take(args.Rid)
		if c == nil {
			return nil, noResource(args.Rid)
		}
		return nil, closeResource(c)
	})
}
