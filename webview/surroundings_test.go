//go:build linux && cgo

package webview

import (
	"fmt"
	"image"
	"os"

	"github.com/tailrace-go/tailrace/internal/display"
)

// surroundings are what windows find on the display that the tests run on.
type surroundings struct {
	wayland bool // a window is not told where it is
	managed bool // a window has a frame
	seat    bool // there are a keyboard and a pointer
}

func around() surroundings {
	kind := display.TestKind()
	desktop := kind == display.Real && os.Getenv("WAYLAND_DISPLAY") != "" &&
		os.Getenv("GDK_BACKEND") != "x11"
	return surroundings{
		wayland: kind == display.Wayland || desktop,
		managed: kind != display.Bare,
		seat:    kind != display.Wayland,
	}
}

// at gives the position that a window has where (x, y) was asked for.
func (a surroundings) at(x, y int) image.Point {
	if a.wayland {
		return image.Point{}
	}
	return image.Pt(x, y)
}

// framed says whether frame and page of a decorated window at (x, y) fit together.
func (a surroundings) framed(s State, x, y int) bool {
	frame, page := s.OuterSize.Sub(s.Size), s.InnerPosition.Sub(s.Position)
	if !a.managed {
		return s.Position == image.Pt(x, y) && frame == image.Point{} && page == image.Point{}
	}
	return s.Position == a.at(x, y) && page.In(image.Rect(0, 1, frame.X+1, frame.Y+1))
}

// centered gives where a window of that outer size is in the middle of the primary screen.
func (a surroundings) centered(p *testPage, outer image.Point) image.Point {
	work := image.Rect(0, 0, 1600, 1200)
	if display.TestKind() == display.Real {
		if err := p.read(func() { work = p.native.Monitors()[0].Work }); err != nil {
			p.t.Fatal(err)
		}
	}
	middle := work.Min.Add(work.Size().Sub(outer).Div(2))
	return a.at(middle.X, middle.Y)
}

// physical is a position as pages are told of it.
func physical(p image.Point) string { return fmt.Sprintf(`{"x":%d,"y":%d}`, p.X, p.Y) }
