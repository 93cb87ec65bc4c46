package webview

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"strings"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// State is what a window was at one moment. Pixels are device-independent.
//
// On Wayland a program is not told where its windows are, nor whether one is minimized or always on
// top: Position is (0, 0), InnerPosition is the page's place inside of the frame, Minimized and
// AlwaysOnTop are false. SetPosition, Center and SetAlwaysOnTop do nothing there.
type State struct {
	Title string
	// Visible is true for a window that is shown, behind others too. The window manager decides
	// whether a window gets focused, minimized, maximized, fullscreen or always on top. Of a window
	// that is hidden the last four say what it will be when it is shown, as far as that is known.
	Visible, Focused, Minimized, Maximized, Fullscreen, AlwaysOnTop bool
	Resizable, Decorated, Closable, Enabled                         bool
	// Position is the top left corner of the frame on the screen, InnerPosition that of the page.
	Position, InnerPosition image.Point
	// Size is the page's, OuterSize that with the frame.
	Size, OuterSize image.Point
	// Scale is how many physical pixels, in each direction, make one device-independent one.
	Scale float64
	// Dark says whether the theme is a dark one. It is the same for all windows.
	Dark bool
}

// Theme is the look of all windows, which pages see as prefers-color-scheme.
type Theme int

// The themes.
const (
	ThemeSystem Theme = iota // as the desktop has it
	ThemeLight
	ThemeDark
)

// State gives what the window is now. It comes after the changes that were made before; the window
// manager may take its time with some. Before Run, only the main goroutine gets it at once. Error:
// ErrClosed.
func (w *Window) State() (State, error) {
	var s State
	err := w.read(func() { s = w.state() })
	return s, err
}

// state gives what the window is now. Main thread only.
func (w *Window) state() State { return State(w.native.State()) }

// Visible says whether the window is shown. Errors: State's.
func (w *Window) Visible() (bool, error) {
	s, err := w.State()
	return s.Visible, err
}

// Position gives the place of the frame's top left corner on the screen. Errors: State's.
func (w *Window) Position() (x, y int, err error) {
	s, err := w.State()
	return s.Position.X, s.Position.Y, err
}

// Size gives the page's size. Errors: State's.
func (w *Window) Size() (width, height int, err error) {
	s, err := w.State()
	return s.Size.X, s.Size.Y, err
}

// Title gives the title. Errors: State's.
func (w *Window) Title() (string, error) {
	s, err := w.State()
	return s.Title, err
}

// What follows changes a window. It returns at once; the changes are made in the order of the
// calls, and a closed window ignores them. What has to do with other windows (focus, minimize,
// maximize, fullscreen, always on top, position) is a request to the window manager, which may
// refuse.

// Show shows the window.
func (w *Window) Show() { w.set(view.Visible, true) }

// Hide hides the window. Its page goes on, but the webview may slow down its timers.
func (w *Window) Hide() { w.set(view.Visible, false) }

// Focus brings the window to the front, shows it if it was hidden, and gives it the keyboard.
func (w *Window) Focus() {
	w.change("focus", func() {
		if !w.life.ending.Load() { // for that shows the window
			w.native.Focus()
		}
	})
}

// Minimize minimizes the window.
func (w *Window) Minimize() { w.set(view.Minimized, true) }

// Unminimize undoes Minimize.
func (w *Window) Unminimize() { w.set(view.Minimized, false) }

// Maximize maximizes the window.
func (w *Window) Maximize() { w.set(view.Maximized, true) }

// Unmaximize undoes Maximize.
func (w *Window) Unmaximize() { w.set(view.Maximized, false) }

// SetFullscreen makes the window fill the screen, or ends that.
func (w *Window) SetFullscreen(on bool) { w.set(view.Fullscreen, on) }

// SetAlwaysOnTop keeps the window above others, or ends that.
func (w *Window) SetAlwaysOnTop(on bool) { w.set(view.AlwaysOnTop, on) }

// SetResizable says whether the user may resize the window.
func (w *Window) SetResizable(on bool) { w.set(view.Resizable, on) }

// SetDecorated says whether the window has a frame with a title.
func (w *Window) SetDecorated(on bool) { w.set(view.Decorated, on) }

// maxTitle bounds a title in bytes: pages set titles, and the display server refuses megabytes by
// ending the program.
const maxTitle = 4096

// shownTitle makes a title one that can be shown.
func shownTitle(title string) string {
	if len(title) > maxTitle {
		title = strings.Clone(title[:maxTitle]) // the rest need not stay
	}
	return strings.ToValidUTF8(strings.ReplaceAll(title, "\x00", ""), "")
}

// SetTitle changes the title. What is over 4096 bytes is cut off.
func (w *Window) SetTitle(title string) {
	title = shownTitle(title)
	w.change("title", func() { w.native.SetTitle(title) })
}

// SetSize changes the page's size. Each side is 1 to 8192, and on the screen at most 8192 physical
// pixels.
func (w *Window) SetSize(width, height int) error {
	if err := checkSize(width, height); err != nil {
		return err
	}
	w.scaled("size", func(scale float64) { w.resize(scale, width, height) })
	return nil
}

// resize changes the page's size, to what its surface can have. Main thread only.
func (w *Window) resize(scale float64, width, height int) {
	w.native.SetSize(view.Drawable(width, scale), view.Drawable(height, scale))
}

// SetSizeBounds bounds the sizes that the user can give to the window, each at most 8192. Zero is
// no bound.
func (w *Window) SetSizeBounds(low, high image.Point) error {
	if err := checkBounds(low, high); err != nil {
		return err
	}
	w.scaled("bounds", func(scale float64) { w.bound(scale, low, high) })
	return nil
}

// bound changes the bounds of the size. Main thread only.
func (w *Window) bound(scale float64, low, high image.Point) {
	w.told.low, w.told.high = low, high
	w.native.SetBounds(image.Pt(view.Drawable(low.X, scale), view.Drawable(low.Y, scale)), high)
}

// SetPosition moves the frame's top left corner to a place on the screen.
func (w *Window) SetPosition(x, y int) error {
	if err := checkPosition(image.Pt(x, y)); err != nil {
		return err
	}
	w.change("place", func() { w.native.SetPosition(x, y) })
	return nil
}

// Center moves the window into the middle of its screen.
func (w *Window) Center() { w.change("place", func() { w.native.Center() }) }

// SetZoom scales the page; 1 is its own size. Factors outside of 0.1 to 10 are refused.
func (w *Window) SetZoom(factor float64) error {
	if !(factor >= 0.1 && factor <= 10) {
		return fmt.Errorf("webview: zoom %v: must be 0.1 to 10", factor)
	}
	w.change("zoom", func() { w.native.SetZoom(factor) })
	return nil
}

// SetBackground changes the colour behind the page; nil is white.
func (w *Window) SetBackground(c color.Color) {
	if c == nil {
		c = color.White
	}
	var straight color.NRGBA64
	// Here, and not on the main thread: the colour may be of a type of the app.
	if f := appcode.Call(func() {
		straight = color.NRGBA64Model.Convert(c).(color.NRGBA64)
	}); f != nil {
		w.app.log.Error("webview: a colour panicked", "window", w.label, "panic", f.Panic,
			"stack", f.Stack)
		return
	}
	w.change("background", func() { w.native.SetBackground(straight) })
}

func (w *Window) set(f view.Flag, on bool) {
	w.change(f, func() {
		// one that is being closed stays hidden
		if !w.life.ending.Load() || f != view.Visible || !on {
			w.native.Set(f, on)
		}
	})
}

// SetTheme changes the look of all windows.
func (a *App) SetTheme(t Theme) {
	a.change(themeKind{}, func() { a.platform.SetTheme(view.Theme(t)) })
}

// themeKind is the key of changes of the theme, which all windows of the process have.
type themeKind struct{}

// scaled is change with the window's scale.
func (w *Window) scaled(kind any, f func(scale float64)) {
	w.change(kind, func() { f(w.native.State().Scale) })
}

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
	case <-w.life.done:
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
