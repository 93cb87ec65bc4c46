//go:build linux && cgo

package webview

/*
#include <stdlib.h>
#include "gtk.h"
*/
import "C"

import (
	"image"
	"image/color"
	"unsafe"
)

// The flags of gtk.h are those of the Go side: the last one shows it.
var _ = [1]struct{}{}[flagIgnoresPointer-C.TR_IGNORED]

func (n *nativeWindow) set(f flag, on bool) { C.tr_window_set(n.window, C.uint(f), cBool(on)) }

func (n *nativeWindow) state() State {
	var c C.tr_state
	C.tr_window_state(n.window, &c)
	s := State{
		Title:         C.GoString(c.title),
		Position:      image.Pt(int(c.x), int(c.y)),
		InnerPosition: image.Pt(int(c.inner_x), int(c.inner_y)),
		Size:          image.Pt(int(c.width), int(c.height)),
		OuterSize:     image.Pt(int(c.outer_width), int(c.outer_height)),
		Scale:         float64(c.scale),
	}
	for f, to := range map[flag]*bool{
		flagVisible: &s.Visible, flagFocused: &s.Focused, flagMinimized: &s.Minimized,
		flagMaximized:  &s.Maximized,
		flagFullscreen: &s.Fullscreen, flagResizable: &s.Resizable, flagDecorated: &s.Decorated,
		flagClosable: &s.Closable, flagEnabled: &s.Enabled, flagAlwaysOnTop: &s.AlwaysOnTop,
		flagDark: &s.Dark,
	} {
		*to = flag(c.flags)&f != 0
	}
	return s
}

func (n *nativeWindow) setTitle(title string) {
	s := C.CString(shownTitle(title))
	defer C.free(unsafe.Pointer(s))
	C.tr_window_title(n.window, s)
}

func (n *nativeWindow) setSize(width, height int) {
	C.tr_window_size(n.window, C.int(width), C.int(height))
}

// setBounds bounds the size; 0 is no bound.
func (n *nativeWindow) setBounds(low, high image.Point) {
	C.tr_window_bounds(n.window, C.int(low.X), C.int(low.Y), C.int(high.X), C.int(high.Y))
}

func (n *nativeWindow) setPosition(x, y int) { C.tr_window_place(n.window, C.int(x), C.int(y)) }

func (n *nativeWindow) center() { C.tr_window_center(n.window) }

func (n *nativeWindow) focus() { C.tr_window_focus(n.window) }

func (n *nativeWindow) focusPage() { C.tr_view_focus(n.view) }

func (n *nativeWindow) setZoom(factor float64) { C.tr_view_zoom(n.view, C.double(factor)) }

func (n *nativeWindow) setBackground(straight color.NRGBA64) {
	part := func(v uint16) C.double { return C.double(v) / 0xffff }
	C.tr_view_background(n.view, part(straight.R), part(straight.G), part(straight.B),
		part(straight.A))
}

// drag has the pointer take the window along, or that edge of it, while the user holds a button
// that was pressed in the page.
func (n *nativeWindow) drag(e edge) {
	if C.tr_window_drag(n.view, C.int(e)) != 0 {
		n.drags++
	}
}

// setPointer moves the pointer to a place in the page.
func (n *nativeWindow) setPointer(x, y int) { C.tr_set_pointer(n.window, C.int(x), C.int(y)) }

// nativePointer gives the pointer's place on the screen.
func nativePointer() image.Point {
	var x, y C.int
	C.tr_pointer(&x, &y)
	return image.Pt(int(x), int(y))
}

func nativeSetTheme(t Theme) {
	if t == ThemeSystem {
		C.tr_reset_dark()
		return
	}
	C.tr_set_dark(cBool(t == ThemeDark))
}

// monitors gives the screens; n may be an empty one, then none is current.
func (n *nativeWindow) monitors() []monitor {
	var list [maxMonitors]C.tr_monitor
	count := C.tr_monitors(n.window, &list[0], maxMonitors)
	all := make([]monitor, count)
	for i, m := range list[:count] {
		all[i] = monitor{
			name:    C.GoString(m.name),
			area:    goRectangle(m.area),
			work:    goRectangle(m.work),
			scale:   float64(m.scale),
			primary: m.primary != 0,
			current: m.current != 0,
		}
	}
	return all
}

func goRectangle(r C.tr_rectangle) image.Rectangle {
	return image.Rect(int(r.x), int(r.y), int(r.x+r.width), int(r.y+r.height))
}

// What follows is called by the C side, on the main thread.

//export goCloseAsked
func goCloseAsked(h C.uintptr_t) { windowOf(h).Close() }

//export goChanged
func goChanged(h C.uintptr_t) { windowOf(h).changed() }

//export goFocused
func goFocused(h C.uintptr_t, in C.int) { windowOf(h).focusChanged(in != 0) }
