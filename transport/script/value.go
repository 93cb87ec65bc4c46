package script

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"

	"github.com/tailrace-go/tailrace/internal/appcode"
)

// maxDepth bounds nesting, where pointers and interfaces count, too. Parsers of literals recurse:
// Node's gave up between 1,000 and 2,000 nested objects, WebKitGTK's between 2,000 and 5,000.
const maxDepth = 1000

var (
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
	numberType        = reflect.TypeFor[json.Number]()
	bigIntType        = reflect.TypeFor[big.Int]()
)

// Value gives v as JavaScript source: one operand, safe as the package's contract says. It reads v
// and keeps nothing of it. Errors: ErrType, ErrDepth, and those of v's own MarshalJSON or
// MarshalText.
//
// A MarshalJSON or MarshalText that panics is an error, too.
func Value(v any) (source string, err error) {
	if f := appcode.Call(func() { source, err = value(v) }); f != nil {
		return "", fmt.Errorf("script: a value's method %w", f)
	}
	return source, err
}

func value(v any) (string, error) {
	var e encoder
	if _, err := e.value(reflect.ValueOf(v)); err != nil {
		return "", err
	}
	return e.source(), nil
}

// encoder writes a value's text. Its methods report whether what they wrote is JSON: else it
// is a literal that only JavaScript has.
type encoder struct {
	buf   []byte
	depth int
	// parse are the parts of buf that JSON.parse shall read, in order, none inside another. All
	// of them are JSON.
	parse []span
}

type span struct{ from, to int }

func (e *encoder) value(v reflect.Value) (isJSON bool, err error) {
	if !v.IsValid() {
		e.buf = append(e.buf, "null"...)
		return true, nil
	}
	if e.depth++; e.depth > maxDepth {
		return false, ErrDepth
	}
	defer func() { e.depth-- }()

	t := v.Type()
	if t == bigIntType {
		n := v.Interface().(big.Int)
		e.buf = append(n.Append(e.buf, 10), 'n')
		return false, nil
	}
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			e.buf = append(e.buf, "null"...)
			return true, nil
		}
		if v.Kind() == reflect.Interface || t.Elem() == bigIntType {
			return e.value(v.Elem())
		}
	}
	if m, ok := implementation(v, marshalerType); ok {
		return true, e.json(m.(json.Marshaler))
	}
	if m, ok := implementation(v, textMarshalerType); ok {
		text, err := m.(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return false, fmt.Errorf("script: failed to marshal %s: %w", t, err)
		}
		e.string(string(text))
		return true, nil
	}

	switch v.Kind() {
	case reflect.Pointer:
		return e.value(v.Elem())
	case reflect.Struct:
		return e.object(v)
	case reflect.Map:
		return e.mapping(v)
	case reflect.Slice, reflect.Array:
		return e.array(v)
	}
	return e.scalar(v)
}

// implementation gives v, or a pointer to it where it has an address, as an interface type.
// encoding/json asks in the same way.
func implementation(v reflect.Value, t reflect.Type) (any, bool) {
	switch {
	case !v.CanInterface(): // an embedded struct that is not exported
	case v.Type().Implements(t):
		return v.Interface(), true
	case v.Kind() != reflect.Pointer && v.CanAddr() && reflect.PointerTo(v.Type()).Implements(t):
		return v.Addr().Interface(), true
	}
	return nil, false
}

// marshals reports whether v writes itself.
func marshals(v reflect.Value) bool {
	_, json := implementation(v, marshalerType)
	_, text := implementation(v, textMarshalerType)
	return json || text
}
