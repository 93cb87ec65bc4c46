package webview

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/tauri"
)

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
	rid, err = r.Add(c, Caller(ctx).app.options.MaxResources)
	if err != nil {
		return 0, fmt.Errorf("failed to add a resource: %w", closeAfter(c, err))
	}
	return rid, nil
}

func closeAfter(c io.Closer, err error) error {
	if failed := tauri.CloseResource(c); failed != nil {
		return fmt.Errorf("%w (and to close it: %w)", err, failed)
	}
	return err
}

// ResourceOf gives the resource of that number of the page that called the command of ctx. Of
// a page that is being left it does so until the session has ended.
func ResourceOf[T io.Closer](ctx context.Context, rid uint32) (T, error) {
	var none T
	r := resourcesOf(ctx, true)
	if r == nil {
		return none, tauri.NoResource(rid)
	}
	c, ok := r.Get(rid).(T)
	if !ok {
		return none, tauri.NoResource(rid)
	}
	return c, nil
}

// resourcesOf gives those of the page of a command; left: of one that is being left, too.
func resourcesOf(ctx context.Context, left bool) *tauri.Resources {
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
