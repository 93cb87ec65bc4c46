//go:build linux && cgo

package webview

import (
	"context"
	"testing"
	"time"
)

// TestEase: while a thousand functions wait for the main thread, a page's call waits; after that it
// goes on.
func TestEase(t *testing.T) {
	release := make(chan struct{})
	stands := make(chan struct{})
	post(func() {
		close(stands)
		<-release
	})
	<-stands
	for range maxTasks - 1 {
		post(func() {})
	}
	loop.ease(t.Context()) // one less
	post(func() {})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	loop.ease(ctx)
	if ctx.Err() == nil {
		t.Error("it did not wait")
	}
	close(release)
	loop.ease(t.Context())
}
