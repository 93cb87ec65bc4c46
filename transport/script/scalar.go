package script

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// maxSafe is the largest integer that a JavaScript number holds exactly with all smaller ones.
const maxSafe = 1<<53 - 1

// scalar writes a bool, number or string.
func (e *encoder) scalar(v reflect.Value) (isJSON bool, err error) {
	switch v.Kind() {
	case reflect.Bool:
		e.buf = strconv.AppendBool(e.buf, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n := v.Int()
		e.buf = strconv.AppendInt(e.buf, n, 10)
		return e.safe(-maxSafe <= n && n <= maxSafe), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Uintptr:
		n := v.Uint()
		e.buf = strconv.AppendUint(e.buf, n, 10)
		return e.safe(n <= maxSafe), nil
	case reflect.Float32, reflect.Float64:
		return e.float(v.Float(), v.Type().Bits()), nil
	case reflect.String:
		if v.Type() == numberType {
			return true, e.number(v.String())
		}
		e.string(v.String())
	default:
		return false, fmt.Errorf("%w: %s", ErrType, v.Type())
	}
	return true, nil
}

// safe ends an integer: one that a number would round becomes a BigInt.
func (e *encoder) safe(isSafe bool) bool {
	if !isSafe {
		e.buf = append(e.buf, 'n')
	}
	return isSafe
}

// float writes f as encoding/json does, and what that refuses by its name.
func (e *encoder) float(f float64, bits int) (isJSON bool) {
	switch {
	case math.IsNaN(f):
		e.buf = append(e.buf, "NaN"...)
		return false
	case math.IsInf(f, 1):
		e.buf = append(e.buf, "Infinity"...)
		return false
	case math.IsInf(f, -1):
		e.buf = append(e.buf, "-Infinity"...)
		return false
	}
	var text []byte
	if bits == 32 {
		text, _ = json.Marshal(float32(f)) // a finite number has no error
	} else {
		text, _ = json.Marshal(f)
	}
	e.buf = append(e.buf, text...)
	return true
}

// number writes a json.Number.
func (e *encoder) number(text string) error {
	if text == "" {
		text = "0" // as encoding/json does
	}
	if strings.Trim(text, "-0123456789.eE+") != "" || !json.Valid([]byte(text)) {
		return fmt.Errorf("script: invalid json.Number %.20q", text)
	}
	e.buf = append(e.buf, text...)
	return nil
}

// string writes a JSON string without what HTML, or an older JavaScript, would take for more.
func (e *encoder) string(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' ||
			c == '&' {
			quoted, _ := json.Marshal(s) // a string has no error
			e.buf = append(e.buf, quoted...)
			return
		}
	}
	e.buf = append(e.buf, '"')
	e.buf = append(e.buf, s...)
	e.buf = append(e.buf, '"')
}
