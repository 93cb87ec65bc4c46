package webview

import (
	"context"
	"fmt"
	"image"

	"github.com/tailrace-go/tailrace/internal/contexts"
)

// Screenshot gives a picture of the visible part of the page, in device pixels. Don't call it on
// the main goroutine. Errors: ErrClosed, ErrMainThread, the cause of ctx.
func (w *Window) Screenshot(ctx context.Context) (image.Image, error) {
	if err := mayWait("Screenshot"); err != nil {
		return nil, err
	}
	ctx = contexts.OrBackground(ctx)
	result := make(chan snapshot, 1)
	w.post(func() { w.native.snapshot(result) })
	select {
	case s := <-result:
		if s.err != nil {
			return nil, fmt.Errorf("webview: failed to take a screenshot: %w", s.err)
		}
		return s.image(), nil
	case <-w.done:
		return nil, fmt.Errorf("webview: window %q: %w", w.label, ErrClosed)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// snapshot is a picture as the native side gives it: premultiplied BGRA.
type snapshot struct {
	pix                   []byte
	width, height, stride int
	err                   error
}

func (s snapshot) image() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, s.width, s.height))
	for y := range s.height {
		from, to := s.pix[y*s.stride:], m.Pix[y*m.Stride:]
		for x := 0; x < 4*s.width; x += 4 {
			to[x], to[x+1], to[x+2], to[x+3] = from[x+2], from[x+1], from[x], from[x+3]
		}
	}
	return m
}
