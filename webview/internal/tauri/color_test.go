package tauri

import (
	"encoding/json"
	"testing"
)

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
