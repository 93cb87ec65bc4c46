package tauri

import (
	"image"
	"math"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// Values as @tauri-apps/api writes them. Logical pixels are device-independent, physical ones the
// screen's.

// pixels is a length in either unit, or none.
type pixels struct{ Logical, Physical *float64 }

// logical gives the length in device-independent pixels; without one it is 0.
func (p pixels) logical(scale float64) int {
	switch {
	case p.Logical != nil:
		return round(*p.Logical)
	case p.Physical != nil:
		return round(*p.Physical / scale)
	}
	return 0
}

// farthest bounds positions: X11 counts in 16 bits.
const farthest = 1<<15 - 1

// round gives the nearest whole number within the range that X11 counts in.
func round(v float64) int {
	return int(math.Round(min(max(v, -farthest), farthest)))
}

type unitSize struct {
	Logical, Physical *struct{ Width, Height float64 }
}

func (u unitSize) width() pixels {
	switch {
	case u.Logical != nil:
		return pixels{Logical: &u.Logical.Width}
	case u.Physical != nil:
		return pixels{Physical: &u.Physical.Width}
	}
	return pixels{}
}

func (u unitSize) height() pixels {
	switch {
	case u.Logical != nil:
		return pixels{Logical: &u.Logical.Height}
	case u.Physical != nil:
		return pixels{Physical: &u.Physical.Height}
	}
	return pixels{}
}

// lengths is the size as a window takes it: what is below 1 becomes 1.
func (u unitSize) lengths(scale float64) image.Point {
	return image.Pt(max(1, u.width().logical(scale)), max(1, u.height().logical(scale)))
}

type unitPosition struct {
	Logical, Physical *struct{ X, Y float64 }
}

func (u unitPosition) logical(scale float64) image.Point {
	switch {
	case u.Logical != nil:
		return image.Pt(round(u.Logical.X), round(u.Logical.Y))
	case u.Physical != nil:
		return image.Pt(round(u.Physical.X/scale), round(u.Physical.Y/scale))
	}
	return image.Point{}
}

// sizeConstraints bound the sizes that the user can give to a window.
type sizeConstraints struct{ MinWidth, MinHeight, MaxWidth, MaxHeight pixels }

// bound is one size for both bounds; nil is no bound.
func bound(u *unitSize) (c sizeConstraints) {
	if u != nil {
		c.MinWidth, c.MinHeight = u.width(), u.height()
		c.MaxWidth, c.MaxHeight = u.width(), u.height()
	}
	return c
}

// low and high give the bounds in device-independent pixels; 0 is no bound.
func (c sizeConstraints) low(scale float64) image.Point {
	return image.Pt(max(0, c.MinWidth.logical(scale)), max(0, c.MinHeight.logical(scale)))
}

func (c sizeConstraints) high(scale float64) image.Point {
	return image.Pt(max(0, c.MaxWidth.logical(scale)), max(0, c.MaxHeight.logical(scale)))
}

// Size is a size in physical pixels, Position a place: what pages get.
type (
	Size struct {
		Width  int `json:"width"`
		Height int `json:"height"`
	}
	Position struct {
		X int `json:"x"`
		Y int `json:"y"`
	}
)

// SizeOf gives a size of device-independent pixels in physical ones.
func SizeOf(p image.Point, scale float64) Size {
	return Size{round(float64(p.X) * scale), round(float64(p.Y) * scale)}
}

// PositionOf gives a place of device-independent pixels in physical ones.
func PositionOf(p image.Point, scale float64) Position {
	return Position{round(float64(p.X) * scale), round(float64(p.Y) * scale)}
}

// monitorJSON is a screen in physical pixels.
type monitorJSON struct {
	Name        *string  `json:"name"`
	Size        Size     `json:"size"`
	Position    Position `json:"position"`
	ScaleFactor float64  `json:"scaleFactor"`
	WorkArea    struct {
		Size     Size     `json:"size"`
		Position Position `json:"position"`
	} `json:"workArea"`
}

// monitorOf is what a page gets of a screen.
func monitorOf(m view.Monitor) *monitorJSON {
	j := &monitorJSON{
		Size: SizeOf(m.Area.Size(), m.Scale), Position: PositionOf(m.Area.Min, m.Scale),
		ScaleFactor: m.Scale,
	}
	j.WorkArea.Size = SizeOf(m.Work.Size(), m.Scale)
	j.WorkArea.Position = PositionOf(m.Work.Min, m.Scale)
	if m.Name != "" {
		j.Name = &m.Name
	}
	return j
}
