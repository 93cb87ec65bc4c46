package tauri

import (
	"encoding/json"
	"errors"
	"image/color"
	"strconv"
	"strings"
)

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
