package webview

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"

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

// check refuses a size that no window can have; what is below 1 becomes 1.
func (u unitSize) check() error {
	if u == (unitSize{}) {
		return errors.New("webview: the size must be in Logical or in Physical pixels")
	}
	return checkSize(max(1, u.width().logical(1)), max(1, u.height().logical(1)))
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

type sizeConstraints struct{ MinWidth, MinHeight, MaxWidth, MaxHeight pixels }

// low and high give the bounds in device-independent pixels; 0 is no bound.
func (c sizeConstraints) low(scale float64) image.Point {
	return image.Pt(max(0, c.MinWidth.logical(scale)), max(0, c.MinHeight.logical(scale)))
}

func (c sizeConstraints) high(scale float64) image.Point {
	return image.Pt(max(0, c.MaxWidth.logical(scale)), max(0, c.MaxHeight.logical(scale)))
}

func (s State) physicalSize(p image.Point) physicalSize {
	return physicalSize{round(float64(p.X) * s.Scale), round(float64(p.Y) * s.Scale)}
}

func (s State) physicalPosition(p image.Point) physicalPosition {
	return physicalPosition{round(float64(p.X) * s.Scale), round(float64(p.Y) * s.Scale)}
}

func themeName(dark bool) string {
	if dark {
		return "dark"
	}
	return "light"
}

func themeOf(name *string) (Theme, error) {
	switch {
	case name == nil:
		return ThemeSystem, nil
	case *name == "light":
		return ThemeLight, nil
	case *name == "dark":
		return ThemeDark, nil
	}
	return ThemeSystem, fmt.Errorf("webview: theme %q: must be light, dark or null", *name)
}

// edges are the directions of start_resize_dragging.
var edges = map[string]view.Edge{
	"North": view.EdgeNorth, "NorthEast": view.EdgeNorthEast,
	"East": view.EdgeEast, "SouthEast": view.EdgeSouthEast,
	"South": view.EdgeSouth, "SouthWest": view.EdgeSouthWest,
	"West": view.EdgeWest, "NorthWest": view.EdgeNorthWest,
}

// monitorJSON is a screen in physical pixels.
type monitorJSON struct {
	Name        *string          `json:"name"`
	Size        physicalSize     `json:"size"`
	Position    physicalPosition `json:"position"`
	ScaleFactor float64          `json:"scaleFactor"`
	WorkArea    struct {
		Size     physicalSize     `json:"size"`
		Position physicalPosition `json:"position"`
	} `json:"workArea"`
}

// monitorOf is what a page gets of a screen.
func monitorOf(m view.Monitor) *monitorJSON {
	s := State{Scale: m.Scale}
	j := &monitorJSON{Size: s.physicalSize(m.Area.Size()), Position: s.physicalPosition(m.Area.Min),
		ScaleFactor: m.Scale}
	j.WorkArea.Size, j.WorkArea.Position = s.physicalSize(m.Work.Size()),
		s.physicalPosition(m.Work.Min)
	if m.Name != "" {
		j.Name = &m.Name
	}
	return j
}

// pageColor is a colour: [r, g, b], [r, g, b, a], {red, green, blue, alpha} or "#rgb" with two or
// one digit each.
type pageColor color.NRGBA

var errColor = errors.New("a colour must be [red, green, blue, alpha], an object of these, or " +
	"#rrggbbaa")

// UnmarshalJSON implements json.Unmarshaler.
func (c *pageColor) UnmarshalJSON(data []byte) error {
	var list []uint8
	var object struct{ Red, Green, Blue, Alpha *uint8 }
	var text string
	switch {
	case json.Unmarshal(data, &text) == nil:
		return c.parse(text)
	case json.Unmarshal(data, (*numbers)(&list)) == nil && (len(list) == 3 || len(list) == 4):
	case json.Unmarshal(data, &object) == nil && object.Red != nil && object.Green != nil &&
		object.Blue != nil:
		list = []uint8{*object.Red, *object.Green, *object.Blue}
		if object.Alpha != nil {
			list = append(list, *object.Alpha)
		}
	default:
		return errColor
	}
	*c = pageColor{list[0], list[1], list[2], 0xff}
	if len(list) == 4 {
		c.A = list[3]
	}
	return nil
}

// numbers is a list of bytes that is written as numbers.
type numbers []uint8

// UnmarshalJSON implements json.Unmarshaler: a []uint8 would be base64.
func (n *numbers) UnmarshalJSON(data []byte) error {
	var list []uint16
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	for _, v := range list {
		if v > 0xff {
			return errColor
		}
		*n = append(*n, uint8(v))
	}
	return nil
}

// parse reads #rgb, #rgba, #rrggbb or #rrggbbaa.
func (c *pageColor) parse(text string) error {
	digits, ok := strings.CutPrefix(text, "#")
	if len(digits) == 3 || len(digits) == 4 {
		doubled := make([]byte, 0, 8)
		for i := range len(digits) {
			doubled = append(doubled, digits[i], digits[i])
		}
		digits = string(doubled)
	}
	if len(digits) == 6 {
		digits += "ff"
	}
	v, err := strconv.ParseUint(digits, 16, 32)
	if !ok || err != nil || len(digits) != 8 {
		return errColor
	}
	*c = pageColor{uint8(v >> 24), uint8(v >> 16), uint8(v >> 8), uint8(v)}
	return nil
}
