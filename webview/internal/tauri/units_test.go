package tauri

import (
	"encoding/json"
	"image"
	"testing"
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
	if got := SizeOf(image.Pt(3, 4), 2); got != (Size{6, 8}) {
		t.Errorf("physical size %v", got)
	}
}
