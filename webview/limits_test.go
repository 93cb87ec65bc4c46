//go:build linux && cgo

package webview

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/tauri"
)

// The rows of docs/limits.md: each bound one below, at it, and one above.

// TestNegativeLimits: each is an error that names the field.
func TestNegativeLimits(t *testing.T) {
	for name, o := range map[string]Options{
		"MaxWindows": {MaxWindows: -1}, "MaxResources": {MaxResources: -1},
	} {
		if _, _, err := o.withDefaults(); err == nil ||
			!strings.Contains(err.Error(), name+" is -1") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if o, _, err := (Options{}).withDefaults(); err != nil || o.MaxWindows != 64 ||
		o.MaxResources != 4096 {
		t.Error(o, err)
	}
}

// TestMaxResources: one that is closed makes room.
func TestMaxResources(t *testing.T) {
	var r tauri.Resources
	none := &closer{"", make(chan string, 4), nil}
	for n := range 3 {
		if _, err := r.Add(none, 3); err != nil {
			t.Errorf("resource %d of 3: %v", n+1, err)
		}
	}
	if _, err := r.Add(none, 3); !errors.Is(err, ErrResources) {
		t.Errorf("one more: %v", err)
	}
	for rid := range uint32(5) {
		if held := r.Get(rid) != nil; held != (1 <= rid && rid <= 3) {
			t.Errorf("the resource %d is held: %v", rid, held)
		}
	}
	if r.Take(2) == nil {
		t.Error("a resource is not held")
	}
	if _, err := r.Add(none, 3); err != nil {
		t.Errorf("after one was closed: %v", err)
	}
}

// TestMaxWindows: so many windows are open at once, the inspector beside them; one that is closed
// makes room.
func TestMaxWindows(t *testing.T) {
	const limit = 3
	app := newApp(t, Options{MaxWindows: limit}, func(*transport.Engine) {})
	label := func(n int) WindowOptions { return WindowOptions{Label: fmt.Sprint("w", n)} }
	var pages []*testPage
	for n := range limit {
		pages = append(pages, openPage(t, app, label(n)))
	}
	for range 2 {
		if _, err := app.Open(label(limit)); !errors.Is(err, ErrWindows) ||
			len(app.Windows()) != limit {
			t.Fatalf("one more: %v, %d are open", err, len(app.Windows()))
		}
	}
	openInspector(t, app)
	pages[0].Destroy()
	wait(t, pages[0].Done(), "the window's end")
	openPage(t, app, label(limit))
	if _, err := app.Open(label(0)); !errors.Is(err, ErrWindows) {
		t.Errorf("one more again: %v", err)
	}
}

// TestSharedBytesRange: from the two rings, in whole steps, to 64 GiB.
func TestSharedBytesRange(t *testing.T) {
	for _, c := range []struct{ control, ring, least int }{
		{1 << 20, 16 << 10, 2 * sharedSlot}, {sharedSlot, sharedSlot, 2 * sharedSlot},
		{16 << 10, 2 * sharedSlot, 3 * sharedSlot},
	} {
		e := transport.Options{ControlBytes: c.control, RingBytes: c.ring}
		least := int64(c.least)
		for shared, ok := range map[int64]bool{
			least - 1: false, least: true, least + 1: true,
			largestShared - 1: true, largestShared: true, largestShared + 1: false,
		} {
			got, err := withDefaultShared(shared, e)
			if ok != (err == nil) || ok && got != shared || !ok &&
				!strings.Contains(err.Error(), fmt.Sprint("SharedBytes is ", shared)) {
				t.Errorf("rings of %d and %d, SharedBytes %d: %d, %v", c.control, c.ring, shared,
					got, err)
			}
		}
	}
}

// TestBodyLimit: a request may carry 64 KiB beyond Engine.MaxBatch; one byte more is not read.
func TestBodyLimit(t *testing.T) {
	app := newApp(t, Options{Engine: transport.Options{MaxBatch: 16 << 10}},
		func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{})
	const limit = 16<<10 + 64<<10
	for n, large := range map[int]bool{limit - 1: false, limit: false, limit + 1: true} {
		id := p.hello()
		r := p.fetch(batch,
			fmt.Sprintf(
				`{method: "POST", headers: {"Tailrace-Version": "1", "Tailrace-Session": "%s"},
					body: new Uint8Array(%d)}`, id, n))
		if large != (r.Status == http.StatusRequestEntityTooLarge) || r.Status == http.StatusOK {
			t.Errorf("%d bytes of no batch: %+v", n, r)
		}
	}
}
