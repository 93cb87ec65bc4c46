package webview

import (
	"context"
	"fmt"
	"image"

	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// Screenshot gives a picture of the visible part of the page, in device pixels. Don't call it on
// the main goroutine. Errors: ErrClosed, ErrMainThread, the cause of ctx.
func (w *Window) Screenshot(ctx context.Context) (image.Image, error) {
	if err := mayWait("Screenshot"); err != nil {
		return nil, err
	}
	ctx = contexts.OrBackground(ctx)
	result := make(chan view.Snapshot, 1)
	w.post(func() { w.native.Snapshot(result) })
	select {
	case s := <-result:
		if s.Err != nil {
			return nil, fmt.Errorf("webview: failed to take a screenshot: %w", s.Err)
		}
		return rgba(s), nil
	case <-w.done:
		return nil, fmt.Errorf("webview: window %q: %w", w.label, ErrClosed)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// rgba gives a picture of the view's.
func rgba(s view.Snapshot) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	for y := range s.Height {
		from, to := s.Pix[y*s.Stride:], m.Pix[y*m.Stride:]
		for x := 0; x < 4*s.Width; x += 4 {
			to[x], to[x+1], to[x+2], to[x+3] = from[x+2], from[x+1], from[x], from[x+3]
		}
	}
	return m
}
