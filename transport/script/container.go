package script

import (
	"encoding"
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// container writes what body writes between two brackets, and has JSON.parse read the whole where
// that pays.
func (e *encoder) container(
	open, end byte, body func() (isJSON bool, err error),
) (isJSON bool, err error) {
	from, inner := len(e.buf), len(e.parse)
	e.buf = append(e.buf, open)
	if isJSON, err = body(); err != nil {
		return false, err
	}
	e.buf = append(e.buf, end)
	if isJSON && len(e.buf)-from >= parseBytes {
		e.parse = append(e.parse[:inner], span{from, len(e.buf)})
	}
	return isJSON, nil
}

func (e *encoder) array(v reflect.Value) (isJSON bool, err error) {
	if v.Kind() == reflect.Slice {
		if v.IsNil() {
			e.buf = append(e.buf, "null"...)
			return true, nil
		}
		if p := reflect.PointerTo(v.Type().Elem()); p.Elem().Kind() == reflect.Uint8 &&
			!p.Implements(marshalerType) && !p.Implements(textMarshalerType) {
			e.buf = append(e.buf, '"')
			e.buf = base64.StdEncoding.AppendEncode(e.buf, v.Bytes())
			e.buf = append(e.buf, '"')
			return true, nil
		}
	}
	return e.container('[', ']', func() (bool, error) {
		all := true
		for i := range v.Len() {
			if i > 0 {
				e.buf = append(e.buf, ',')
			}
			isJSON, err := e.value(v.Index(i))
			if err != nil {
				return false, err
			}
			all = all && isJSON
		}
		return all, nil
	})
}

func (e *encoder) mapping(v reflect.Value) (isJSON bool, err error) {
	if v.IsNil() {
		e.buf = append(e.buf, "null"...)
		return true, nil
	}
	type entry struct {
		name  string
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		name, err := keyName(it.Key())
		if err != nil {
			return false, err
		}
		entries = append(entries, entry{name, it.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return e.container('{', '}', func() (bool, error) {
		all := true
		for i, m := range entries {
			isJSON, err := e.member(i == 0, m.name, func() (bool, error) {
				return e.value(m.value)
			})
			if err != nil {
				return false, err
			}
			all = all && isJSON
		}
		return all, nil
	})
}

// keyName gives a map's key as encoding/json does.
func keyName(k reflect.Value) (string, error) {
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	if m, ok := k.Interface().(encoding.TextMarshaler); ok {
		if k.Kind() == reflect.Pointer && k.IsNil() {
			return "", nil
		}
		text, err := m.MarshalText()
		if err != nil {
			return "", fmt.Errorf("script: failed to marshal %s: %w", k.Type(), err)
		}
		return string(text), nil
	}
	switch {
	case k.CanInt():
		return strconv.FormatInt(k.Int(), 10), nil
	case k.CanUint():
		return strconv.FormatUint(k.Uint(), 10), nil
	}
	return "", fmt.Errorf("%w: map key %s", ErrType, k.Type())
}

// member writes one property. The key __proto__ would set the prototype in a literal, unless it is
// computed.
func (e *encoder) member(
	first bool, name string, value func() (bool, error),
) (isJSON bool, err error) {
	if !first {
		e.buf = append(e.buf, ',')
	}
	plain := name != "__proto__"
	if plain {
		e.string(name)
	} else {
		e.buf = append(e.buf, `["__proto__"]`...)
	}
	e.buf = append(e.buf, ':')
	isJSON, err = value()
	return isJSON && plain, err
}
