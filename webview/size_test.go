//go:build linux && cgo

package webview

import (
	"image"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// No window gets a side that WebKit has no surface for: a page could freeze the app.
func TestLargestSize(t *testing.T) {
	p := openPage(t, loop, WindowOptions{Label: "main", Width: 300, Height: 200})
	const over = view.LargestSide + 1
	for name, err := range map[string]error{
		"SetSize":            p.SetSize(over, 10),
		"SetSize, height":    p.SetSize(10, over),
		"SetSizeBounds, low": p.SetSizeBounds(image.Pt(over, 0), image.Point{}),
		"high":               p.SetSizeBounds(image.Point{}, image.Pt(0, over)),
		"Open":               second(loop.Open(WindowOptions{Label: "over", Width: over})),
	} {
		if err == nil || !strings.Contains(err.Error(), "8192") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range [][2]string{
		{"window|set_size", `{ value: { Logical: { width: 32767, height: 10 } } }`},
		{"window|set_size", `{ value: { Physical: { width: 10, height: 8193 } } }`},
		{"window|set_min_size", `{ value: { Logical: { width: 8193, height: 10 } } }`},
		{"window|set_max_size", `{ value: { Logical: { width: 10, height: 1e300 } } }`},
		{"window|set_size_constraints", `{ value: { minHeight: { Physical: 8193 } } }`},
		{"webview|create_webview_window", `{ options: { label: 'over', width: 8193 } }`},
		{"window|create", `{ options: { label: 'over', height: 32767 } }`},
	} {
		if _, err := p.invokes("plugin:"+c[0], c[1]); err == nil ||
			!strings.Contains(err.Message, "8192") {
			t.Errorf("%s %s: %v", c[0], c[1], err)
		}
	}
	if s, err := p.State(); s.Size != image.Pt(300, 200) || err != nil {
		t.Errorf("the size became %v, %v", s.Size, err)
	}
}

func second[T any](_ T, err error) error { return err }
