package webview

import (
	"encoding/json"
	"image"
	"testing"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

func TestUnits(t *testing.T) {
	for text, want := range map[string][2]int{ // at a scale of 2
		`{"Logical":{"width":100.4,"height":50}}`:  {100, 50},
		`{"Physical":{"width":100,"height":51}}`:   {50, 26},
		`{"Physical":{"width":1e300,"height":-5}}`: {farthest, -3},
		`{}`: {0, 0},
		`{"Logical":null,"Physical":{"width":100}}`: {50, 0},
	} {
		var u unitSize
		if err := json.Unmarshal([]byte(text), &u); err != nil {
			t.Fatal(err)
		}
		if got := [2]int{u.width().logical(2), u.height().logical(2)}; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	var p unitPosition
	if err := json.Unmarshal([]byte(`{"Physical":{"x":-10,"y":21}}`), &p); err != nil {
		t.Fatal(err)
	}
	if got := p.logical(2); got != image.Pt(-5, 11) {
		t.Errorf("position %v", got)
	}
	s := State{Scale: 2}
	if got := s.physicalSize(image.Pt(3, 4)); got != (physicalSize{6, 8}) {
		t.Errorf("physical size %v", got)
	}
}

// A window's surface is bounded in physical pixels.
func TestDrawable(t *testing.T) {
	for _, c := range []struct {
		side  int
		scale float64
		want  int
	}{{8192, 1, 8192}, {8192, 2, 4096}, {4096, 2, 4096}, {100, 2, 100}, {8192, 1.5, 5461},
		{0, 2, 0}} {
		if got := view.Drawable(c.side, c.scale); got != c.want {
			t.Errorf("%d at the scale %v: %d", c.side, c.scale, got)
		}
	}
}

func TestPageColor(t *testing.T) {
	for text, want := range map[string]pageColor{
		`[1,2,3]`:                                {1, 2, 3, 255},
		`[1,2,3,4]`:                              {1, 2, 3, 4},
		`{"red":1,"green":2,"blue":3}`:           {1, 2, 3, 255},
		`{"red":1,"green":2,"blue":3,"alpha":0}`: {1, 2, 3, 0},
		`"#123"`:                                 {0x11, 0x22, 0x33, 255},
		`"#1234"`:                                {0x11, 0x22, 0x33, 0x44},
		`"#010203"`:                              {1, 2, 3, 255},
		`"#01020304"`:                            {1, 2, 3, 4},
	} {
		var c pageColor
		if err := json.Unmarshal([]byte(text), &c); err != nil || c != want {
			t.Errorf("%s: %v, %v", text, c, err)
		}
	}
	for _, bad := range []string{`[1,2]`, `[1,2,256]`, `[1,2,-1]`, `{}`, `"red"`, `"#12"`,
		`"#12345g"`, `"123456"`, `"#+12345"`, `7`, `{"red":256,"green":0,"blue":0}`} {
		var c pageColor
		if err := json.Unmarshal([]byte(bad), &c); err == nil {
			t.Errorf("%s: %v", bad, c)
		}
	}
}
