//go:build linux && cgo

package gtk

/*
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"image"
	"image/color"
	"unsafe"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// The flags of gtk.h are those of the Go side: the last one shows it.
var _ = [1]struct{}{}[view.IgnoresPointer-C.TR_IGNORED]

func (v *View) Set(f view.Flag, on bool) { C.tr_window_set(v.window, C.uint(f), cBool(on)) }

func (v *View) State() view.State {
	var c C.tr_state
	C.tr_window_state(v.window, &c)
	s := view.State{
		Title:         C.GoString(c.title),
		Position:      image.Pt(int(c.x), int(c.y)),
		InnerPosition: image.Pt(int(c.inner_x), int(c.inner_y)),
		Size:          image.Pt(int(c.width), int(c.height)),
		OuterSize:     image.Pt(int(c.outer_width), int(c.outer_height)),
		Scale:         float64(c.scale),
	}
	for f, to := range map[view.Flag]*bool{
		view.Visible: &s.Visible, view.Focused: &s.Focused, view.Minimized: &s.Minimized,
		view.Maximized:  &s.Maximized,
		view.Fullscreen: &s.Fullscreen, view.Resizable: &s.Resizable, view.Decorated: &s.Decorated,
		view.Closable: &s.Closable, view.Enabled: &s.Enabled, view.AlwaysOnTop: &s.AlwaysOnTop,
		view.Dark: &s.Dark,
	} {
		*to = view.Flag(c.flags)&f != 0
	}
	return s
}

func (v *View) SetTitle(title string) {
	s := C.CString(title)
	defer C.free(unsafe.Pointer(s))
	C.tr_window_title(v.window, s)
}

func (v *View) SetSize(width, height int) {
	C.tr_window_size(v.window, C.int(width), C.int(height))
}

// setBounds bounds the size; 0 is no bound.
func (v *View) SetBounds(low, high image.Point) {
	C.tr_window_bounds(v.window, C.int(low.X), C.int(low.Y), C.int(high.X), C.int(high.Y))
}

func (v *View) SetPosition(x, y int) { C.tr_window_place(v.window, C.int(x), C.int(y)) }

func (v *View) Center() { C.tr_window_center(v.window) }

func (v *View) Focus() { C.tr_window_focus(v.window) }

func (v *View) FocusPage() { C.tr_view_focus(v.view) }

func (v *View) SetZoom(factor float64) { C.tr_view_zoom(v.view, C.double(factor)) }

func (v *View) SetBackground(straight color.NRGBA64) {
	part := func(n uint16) C.double { return C.double(n) / 0xffff }
	C.tr_view_background(v.view, part(straight.R), part(straight.G), part(straight.B),
		part(straight.A))
}

// drag has the pointer take the window along, or that edge of it, while the user holds a button
// that was pressed in the page.
func (v *View) Drag(e view.Edge) {
	if C.tr_window_drag(v.view, C.int(e)) != 0 {
		v.drags++
	}
}

// setPointer moves the pointer to a place in the page.
func (v *View) SetPointer(x, y int) { C.tr_set_pointer(v.window, C.int(x), C.int(y)) }

// Pointer implements view.Platform.
func (platform) Pointer() image.Point {
	var x, y C.int
	C.tr_pointer(&x, &y)
	return image.Pt(int(x), int(y))
}

// SetTheme implements view.Platform.
func (platform) SetTheme(t view.Theme) {
	if t == view.ThemeSystem {
		C.tr_reset_dark()
		return
	}
	C.tr_set_dark(cBool(t == view.ThemeDark))
}

// monitors gives the screens; of a view that is not open none is current.
func (v *View) Monitors() []view.Monitor {
	var list [view.MaxMonitors]C.tr_monitor
	count := C.tr_monitors(v.window, &list[0], view.MaxMonitors)
	all := make([]view.Monitor, count)
	for i, m := range list[:count] {
		all[i] = view.Monitor{
			Name:    C.GoString(m.name),
			Area:    goRectangle(m.area),
			Work:    goRectangle(m.work),
			Scale:   float64(m.scale),
			Primary: m.primary != 0,
			Current: m.current != 0,
		}
	}
	return all
}

func goRectangle(r C.tr_rectangle) image.Rectangle {
	return image.Rect(int(r.x), int(r.y), int(r.x+r.width), int(r.y+r.height))
}

// What follows is called by the C side, on the main thread.

//export goCloseAsked
func goCloseAsked(h C.uintptr_t) { hostOf(h).CloseAsked() }

//export goChanged
func goChanged(h C.uintptr_t) { hostOf(h).Changed() }

//export goFocused
func goFocused(h C.uintptr_t, in C.int) { hostOf(h).FocusChanged(in != 0) }
