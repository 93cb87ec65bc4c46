//go:build linux && cgo

package webview

import (
	"errors"
	"image"
	"image/color"
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

// What GTK does under Xvfb, where there is no window manager. Minimizing, maximizing, fullscreen and always
// on top are the window manager's: there only windows that are not shown note the wish.
func TestWindowState(t *testing.T) {
	p := openPage(t, loop, WindowOptions{Title: "first", Width: 300, Height: 200, Position: &image.Point{X: 40, Y: 50}})
	p.becomes("the options", func(s State) bool {
		return s.Title == "first" && s.Visible && s.Resizable && s.Decorated && s.Closable && s.Enabled && s.Scale == 1 &&
			s.Size == image.Pt(300, 200) && s.Position == image.Pt(40, 50) && s.InnerPosition == s.Position && s.OuterSize == s.Size
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
	p.becomes("size and position", func(s State) bool { return s.Size == image.Pt(400, 300) && s.Position == image.Pt(10, 20) })
	if w, h, err := p.Size(); w != 400 || h != 300 || err != nil {
		t.Errorf("size %d x %d, %v", w, h, err)
	}
	if x, y, err := p.Window.Position(); x != 10 || y != 20 || err != nil {
		t.Errorf("position %d, %d, %v", x, y, err)
	}
	p.Center()
	p.becomes("the window in the middle of 1600 x 1200", func(s State) bool { return s.Position == image.Pt(600, 450) })
	p.SetResizable(false)
	p.becomes("the size to be fixed", func(s State) bool { return !s.Resizable && s.Size == image.Pt(400, 300) })
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
	p.SetDecorated(false)
	p.becomes("the frame to go", func(s State) bool { return !s.Decorated })
	other := openPage(t, loop, WindowOptions{Label: "other", Position: &image.Point{X: 900, Y: 700}})
	other.Focus()
	other.becomes("the focus of the other window", func(s State) bool { return s.Focused })
	p.Focus()
	p.becomes("the focus", func(s State) bool { return s.Focused })
	other.becomes("the loss of focus", func(s State) bool { return !s.Focused })
	if err := p.SetZoom(2); err != nil {
		t.Error(err)
	}
	var width float64
	p.run(`while (innerWidth > 200) await new Promise(f => setTimeout(f, 5)); return innerWidth`, &width)
	p.SetBackground(color.Black)
	for _, err := range []error{
		p.SetZoom(0), p.SetSize(0, 1), p.SetPosition(1<<20, 0), p.SetSizeBounds(image.Pt(-1, 0), image.Point{}),
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

func TestHiddenWindow(t *testing.T) {
	p := openPage(t, loop, WindowOptions{Hidden: true, Center: true, Width: 200, Height: 100, NoFocus: true, Undecorated: true})
	p.becomes("the options", func(s State) bool {
		return !s.Visible && !s.Decorated && s.Size == image.Pt(200, 100)
	})
	p.Maximize()
	p.SetFullscreen(true)
	p.Minimize()
	p.SetAlwaysOnTop(true)
	p.becomes("the wishes", func(s State) bool { return s.Maximized && s.Fullscreen && s.Minimized && s.AlwaysOnTop })
	p.Unmaximize()
	p.SetFullscreen(false)
	p.Unminimize()
	p.SetAlwaysOnTop(false)
	p.becomes("no wishes", func(s State) bool { return !s.Maximized && !s.Fullscreen && !s.Minimized && !s.AlwaysOnTop })
	q := openPage(t, loop, WindowOptions{Label: "wishes", Hidden: true, Maximized: true, Fullscreen: true, AlwaysOnTop: true, Parent: p.Label()})
	q.becomes("the options", func(s State) bool { return s.Maximized && s.Fullscreen && s.AlwaysOnTop })
	p.Show()
	p.becomes("the window in the middle", func(s State) bool { return s.Visible && s.Position == image.Pt(700, 550) })
	if _, err := loop.Open(WindowOptions{Label: "child", Parent: "nobody"}); err == nil {
		t.Error("a window has a parent that is not open")
	}
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
