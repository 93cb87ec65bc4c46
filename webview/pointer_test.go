//go:build linux && cgo

package webview

import (
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
)

// TestDraggingNeedsTheUser: a page can have its window follow the pointer only while the user holds
// a button that was pressed in that window, and once for each press.
func TestDraggingNeedsTheUser(t *testing.T) {
	p := openPage(t, loop, WindowOptions{Width: 300, Height: 200})
	drags := func() (n int) {
		t.Helper()
		if err := p.read(func() { n = p.gtk().Drags() }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	press := func(button int, down bool) { p.post(func() { p.gtk().Press(20, 20, button, down) }) }
	tries := func(want int) {
		t.Helper()
		for range 3 {
			for cmd, args := range map[string]string{
				"start_dragging": `{}`, "start_resize_dragging": `{ value: 'South' }`,
			} {
				if _, err := p.invokes("plugin:window|"+cmd, args); err != nil {
					t.Error(err)
				}
			}
		}
		if got := drags(); got != want {
			t.Errorf("%d drags, want %d", got, want)
		}
	}
	tries(0)
	if !around().seat {
		return // nothing is ever pressed there, and so nothing dragged
	}
	press(1, true)
	press(1, false)
	tries(0)
	press(1, true)
	tries(1)
	press(1, false)
	tries(1)
	other := openPage(t, loop, WindowOptions{Label: "another"})
	other.post(func() { other.gtk().Press(20, 20, 1, true) })
	tries(1) // it was not pressed here
	press(1, true)
	p.post(func() { p.gtk().Blur() })
	tries(1)
}

// TestPointerIsTheUsers: a page moves the pointer only while its window has the keyboard, a few
// times at once, and with a permission of its own.
func TestPointerIsTheUsers(t *testing.T) {
	seat := around().seat
	const cmd = "plugin:window|set_cursor_position"
	const here = `{ value: { Logical: { x: 5, y: 6 } } }`
	const beside = `{ label: 'beside', value: { Logical: { x: 5, y: 6 } } }`
	app := newApp(t, Options{Tauri: true, Policy: &policy.Policy{Rules: []policy.Rule{
		{Windows: []string{"*"}, Origins: []string{"*"}, Allow: []string{"window:*", "eval"}},
		{Windows: []string{"mover"}, Origins: []string{"*"}, Allow: []string{"command:" + cmd}},
	}}}, func(*transport.Engine) {})
	plain := openPage(t, app, WindowOptions{Label: "beside"})
	p := openPage(t, app, WindowOptions{Label: "mover"})
	p.Focus()
	p.becomes("the focus", func(s State) bool { return s.Focused == seat })
	if _, err := plain.invokes(cmd, here); err == nil || err.Code != transport.CodeDenied {
		t.Errorf("without the permission: %v", err)
	}
	if _, err := p.invokes(cmd, beside); err == nil || err.Code != CodeNoPointer {
		t.Errorf("in a window without the keyboard: %v", err)
	}
	moved, refused, begun := 0, 0, time.Now()
	for range 3 * allowanceBurst {
		switch _, err := p.invokes(cmd, here); {
		case err == nil:
			moved++
		case err.Code == CodeNoPointer:
			refused++
		default:
			t.Error(err)
		}
	}
	t.Logf("%d of %d calls moved the pointer", moved, 3*allowanceBurst)
	most := allowanceBurst + int(time.Since(begun)/allowanceEach)
	switch {
	case !seat && moved != 0:
		t.Error("the pointer was moved where nothing has the keyboard")
	case seat && (moved < allowanceBurst || moved > most):
		t.Errorf("%d calls moved the pointer, want %d to %d; %d were refused", moved,
			allowanceBurst, most, refused)
	}
}
