//go:build linux && cgo

package webview

import (
	"errors"
	"image"
	"image/color"
	"strconv"
	"testing"
	"time"
)

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timeout: waited for %s", what)
		}
	}
}

// becomes waits until the window's state is so.
func (p *testPage) becomes(what string, is func(State) bool) {
	p.t.Helper()
	var last State
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		s, err := p.State()
		if err != nil {
			p.t.Fatal(err)
		}
		if is(s) {
			return
		}
		if last = s; time.Now().After(deadline) {
			p.t.Fatalf("timeout: waited for %s, the state is %+v", what, last)
		}
	}
}

// Minimizing, maximizing, fullscreen and always on top are the window manager's: without one only
// windows that are not shown note the wish.
func TestWindowState(t *testing.T) {
	a := around()
	p := openPage(t, loop, WindowOptions{
		Title: "first", Width: 300, Height: 200, Position: &image.Point{X: 40, Y: 50},
	})
	p.becomes("the options", func(s State) bool {
		return s.Title == "first" && s.Visible && s.Resizable && s.Decorated && s.Closable &&
			s.Enabled && s.Scale == 1 &&
			s.Size == image.Pt(300, 200) && a.framed(s, 40, 50)
	})
	p.SetTitle("second")
	if title, err := p.Title(); title != "second" || err != nil {
		t.Errorf("title %q, %v", title, err)
	}
	p.Hide()
	if visible, err := p.Visible(); visible || err != nil {
		t.Errorf("visible after Hide: %v, %v", visible, err)
	}
	p.Show()
	p.becomes("the window to be shown", func(s State) bool { return s.Visible })
	for _, err := range []error{p.SetSize(400, 300), p.SetPosition(10, 20)} {
		if err != nil {
			t.Error(err)
		}
	}
	p.becomes("size and position", func(s State) bool {
		return s.Size == image.Pt(400, 300) && a.framed(s, 10, 20)
	})
	if w, h, err := p.Size(); w != 400 || h != 300 || err != nil {
		t.Errorf("size %d x %d, %v", w, h, err)
	}
	if x, y, err := p.Window.Position(); image.Pt(x, y) != a.at(10, 20) || err != nil {
		t.Errorf("position %d, %d, %v", x, y, err)
	}
	p.Center()
	p.becomes("the window in the middle", func(s State) bool {
		return s.Position == a.centered(p, s.OuterSize)
	})
	p.SetResizable(false)
	p.becomes("the size to be fixed", func(s State) bool {
		return !s.Resizable && s.Size == image.Pt(400, 300)
	})
	if err := p.SetSize(320, 240); err != nil {
		t.Error(err)
	}
	p.becomes("the new fixed size", func(s State) bool { return s.Size == image.Pt(320, 240) })
	p.SetResizable(true)
	if err := p.SetSizeBounds(image.Pt(350, 0), image.Pt(500, 260)); err != nil {
		t.Error(err)
	}
	p.becomes("the least width", func(s State) bool { return s.Resizable && s.Size.X == 350 })
	if err := p.SetSizeBounds(image.Point{}, image.Point{}); err != nil {
		t.Error(err)
	}
	undecorated := func(s State) bool {
		return !s.Decorated && s.OuterSize == s.Size && s.InnerPosition == s.Position
	}
	var page image.Point
	p.becomes("a size", func(s State) bool { page = s.Size; return s.Decorated })
	p.SetDecorated(false)
	p.becomes("the frame to go", func(s State) bool { return undecorated(s) && s.Size == page })
	p.SetDecorated(true)
	p.becomes("the frame to come back", func(s State) bool {
		return s.Decorated && s.Size == page && a.framed(s, s.Position.X, s.Position.Y)
	})
	other := openPage(t, loop, WindowOptions{
		Label: "other", Position: &image.Point{X: 900, Y: 700},
	})
	other.Focus()
	other.becomes("the focus of the other window", func(s State) bool {
		return s.Focused == a.seat
	})
	p.Focus()
	p.becomes("the focus", func(s State) bool { return s.Focused == a.seat })
	other.becomes("the loss of focus", func(s State) bool { return !s.Focused })
	if err := p.SetZoom(2); err != nil {
		t.Error(err)
	}
	var width float64
	p.run(`while (innerWidth > 200) await new Promise(f => setTimeout(f, 5)); return innerWidth`,
		&width)
	p.SetBackground(color.Black)
	for _, err := range []error{
		p.SetZoom(0), p.SetSize(0, 1), p.SetPosition(1<<20, 0),
		p.SetSizeBounds(image.Pt(-1, 0),
			image.Point{}),
	} {
		if err == nil {
			t.Error("a wrong value was taken")
		}
	}
	p.shutDown()
	if _, err := p.State(); !errors.Is(err, ErrClosed) {
		t.Errorf("state of a closed window: %v", err)
	}
	p.Show()
	p.Focus()
	p.Destroy()
}

// Every size is the page's, whatever frame there is.
func TestFixedWindow(t *testing.T) {
	for label, o := range map[string]WindowOptions{
		"framed": {Width: 300, Height: 100, Fixed: true},
		"bare":   {Width: 300, Height: 100, Fixed: true, Undecorated: true},
	} {
		o.Label = label
		p := openPage(t, loop, o)
		p.becomes("the options", func(s State) bool {
			return !s.Resizable && s.Decorated != o.Undecorated && s.Size == image.Pt(300, 100)
		})
		var inner image.Point
		p.run(`return { X: innerWidth, Y: innerHeight }`, &inner)
		if inner != image.Pt(300, 100) {
			t.Errorf("%s: the page has %v", label, inner)
		}
		if err := p.SetSize(320, 240); err != nil {
			t.Error(err)
		}
		p.becomes("another fixed size", func(s State) bool { return s.Size == image.Pt(320, 240) })
	}
}

func TestHiddenWindow(t *testing.T) {
	a := around()
	p := openPage(t, loop, WindowOptions{Hidden: true, Center: true, Width: 200, Height: 100,
		NoFocus: true, Undecorated: true})
	p.becomes("the options", func(s State) bool {
		return !s.Visible && !s.Decorated && s.Size == image.Pt(200, 100)
	})
	p.Maximize()
	p.SetFullscreen(true)
	p.Minimize()
	p.SetAlwaysOnTop(true)
	p.becomes("the wishes", func(s State) bool {
		return s.Maximized && s.Fullscreen && s.Minimized == !a.wayland &&
			s.AlwaysOnTop == !a.wayland
	})
	p.Unmaximize()
	p.SetFullscreen(false)
	p.Unminimize()
	p.SetAlwaysOnTop(false)
	p.becomes("no wishes", func(s State) bool {
		return !s.Maximized && !s.Fullscreen && !s.Minimized && !s.AlwaysOnTop
	})
	q := openPage(t, loop, WindowOptions{Label: "wishes", Hidden: true, Maximized: true,
		Fullscreen: true, AlwaysOnTop: true, Parent: p.Label()})
	q.becomes("the options", func(s State) bool {
		return s.Maximized && s.Fullscreen && s.AlwaysOnTop == !a.wayland
	})
	p.Show()
	p.becomes("the window in the middle", func(s State) bool {
		return s.Visible && s.Size == image.Pt(200, 100) && s.Position == a.centered(p, s.OuterSize)
	})
	if _, err := loop.Open(WindowOptions{Label: "child", Parent: "nobody"}); err == nil {
		t.Error("a window has a parent that is not open")
	}
}

// A window that is hidden keeps what it is asked for, though the window manager takes its state off
// it later: it is so when it is shown, and what toggles it sees it.
func TestHiddenWindowState(t *testing.T) {
	a := around()
	p := openPage(t, loop, WindowOptions{Label: "hidden"})
	p.becomes("the window to be shown", func(s State) bool { return s.Visible })
	p.Hide()
	p.Maximize()
	p.SetFullscreen(true)
	wishes := func(s State) bool {
		return !s.Visible && s.Maximized && s.Fullscreen && !s.Minimized
	}
	p.becomes("the wishes", wishes)
	if !a.wayland { // there no one else knows a window's state
		for i, on := range []bool{true, false} {
			p.post(func() { p.gtk().Iconified(on) })
			// Behind what the X server tells of it, as on the same connection.
			q := openPage(t, loop, WindowOptions{Label: "behind" + strconv.Itoa(i)})
			q.post(func() { q.gtk().Iconified(true) })
			q.becomes("what comes behind it", func(s State) bool { return s.Minimized })
			if s, err := p.State(); err != nil || !wishes(s) {
				t.Errorf("the state was taken off the window: %+v, %v", s, err)
			}
		}
	}
	tauriWindow{p.Window}.ToggleMaximize()
	p.SetFullscreen(false)
	p.becomes("no wishes", func(s State) bool { return !s.Maximized && !s.Fullscreen })
	tauriWindow{p.Window}.ToggleMaximize()
	p.becomes("another wish", func(s State) bool { return s.Maximized })
}

func TestTheme(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	scheme := func() (got string) {
		p.run(`return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'`, &got)
		return got
	}
	t.Cleanup(func() { loop.SetTheme(ThemeSystem) })
	for theme, name := range map[Theme]string{ThemeDark: "dark", ThemeLight: "light"} {
		loop.SetTheme(theme)
		p.becomes(name, func(s State) bool { return s.Dark == (theme == ThemeDark) })
		eventually(t, "the page to become "+name, func() bool { return scheme() == name })
	}
}
