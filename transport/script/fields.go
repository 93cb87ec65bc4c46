package script

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// field is one property of a struct.
type field struct {
	name      string
	tagged    bool // its name stands in a tag
	path      []int
	omitEmpty bool
	omitZero  bool
	quoted    bool // tag option string
}

var zeroerType = reflect.TypeFor[interface{ IsZero() bool }]()

// fieldsOf caches fields by type.
var fieldsOf sync.Map // reflect.Type -> []field

// object writes a struct.
func (e *encoder) object(v reflect.Value) (isJSON bool, err error) {
	cached, ok := fieldsOf.Load(v.Type())
	if !ok {
		cached, _ = fieldsOf.LoadOrStore(v.Type(), fields(v.Type()))
	}
	return e.container('{', '}', func() (bool, error) {
		all, first := true, true
		for _, f := range cached.([]field) {
			value, err := v.FieldByIndexErr(f.path)
			if err != nil || f.omitEmpty && empty(value) || f.omitZero && zero(value) {
				continue // an error is an embedded pointer that is nil
			}
			isJSON, err := e.member(first, f.name, func() (bool, error) {
				if f.quoted {
					return e.quoted(value)
				}
				return e.value(value)
			})
			if err != nil {
				return false, err
			}
			first, all = false, all && isJSON
		}
		return all, nil
	})
}

// quoted writes a scalar inside a string.
func (e *encoder) quoted(v reflect.Value) (isJSON bool, err error) {
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() == reflect.Pointer || marshals(v) {
		return e.value(v)
	}
	inner := encoder{}
	if _, err := inner.scalar(v); err != nil {
		return false, err
	}
	text := string(inner.buf)
	if v.CanInt() || v.CanUint() {
		text = strings.TrimSuffix(text, "n") // digits only: no BigInt in a string
	}
	e.string(text)
	return true, nil
}

func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Pointer, reflect.Interface, reflect.Bool, reflect.Float32, reflect.Float64:
		return v.IsZero()
	}
	return (v.CanInt() || v.CanUint()) && v.IsZero()
}

// zero asks a method IsZero where there is one.
func zero(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return true
		}
	case reflect.Interface:
		if v.IsNil() || v.Elem().Kind() == reflect.Pointer && v.Elem().IsNil() {
			return true
		}
	default:
		if !v.CanAddr() { // the method may be the pointer's
			box := reflect.New(v.Type()).Elem()
			box.Set(v)
			v = box
		}
	}
	if z, ok := implementation(v, zeroerType); ok {
		return z.(interface{ IsZero() bool }).IsZero()
	}
	return v.IsZero()
}

// fields gives a struct's properties by the rules of encoding/json: of those that share a name, the
// one that is embedded least deeply wins, then the one with a tag; if that leaves several, none.
func fields(t reflect.Type) []field {
	byName := map[string][]field{}
	seen := map[reflect.Type]bool{t: true}
	type level struct {
		t    reflect.Type
		path []int
	}
	for levels := []level{{t, nil}}; len(levels) > 0; {
		var next []level
		for _, l := range levels {
			for i := range l.t.NumField() {
				sf := l.t.Field(i)
				f, embedded, ok := parse(sf, append(slices.Clone(l.path), i))
				switch {
				case !ok:
				case embedded != nil:
					next = append(next, level{embedded, f.path})
				default:
					byName[f.name] = append(byName[f.name], f)
				}
			}
		}
		// A type that occurs twice on one level gives its fields twice, so that they hide each
		// other.
		levels = slices.DeleteFunc(next, func(l level) bool { return seen[l.t] })
		for _, l := range levels {
			seen[l.t] = true
		}
	}
	var all []field
	for _, same := range byName {
		if f, ok := dominant(same); ok {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b field) int { return slices.Compare(a.path, b.path) })
	return all
}

// parse reads one struct field: a property, or an embedded struct whose fields are to be looked at.
func parse(sf reflect.StructField, path []int) (f field, embedded reflect.Type, ok bool) {
	bare := sf.Type
	if bare.Kind() == reflect.Pointer && bare.Name() == "" {
		bare = bare.Elem()
	}
	if !sf.IsExported() && !(sf.Anonymous && bare.Kind() == reflect.Struct) {
		return f, nil, false
	}
	tag := sf.Tag.Get("json")
	if tag == "-" {
		return f, nil, false
	}
	name, options, _ := strings.Cut(tag, ",")
	if !validName(name) {
		name = ""
	}
	f = field{name: name, tagged: name != "", path: path}
	if name == "" && sf.Anonymous && bare.Kind() == reflect.Struct {
		return f, bare, true
	}
	if name == "" {
		f.name = sf.Name
	}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "omitempty":
			f.omitEmpty = true
		case "omitzero":
			f.omitZero = true
		case "string":
			switch bare.Kind() {
			case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
				reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
				reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
				reflect.Uintptr:
				f.quoted = true
			}
		}
	}
	return f, nil, true
}

func validName(name string) bool {
	for _, c := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) &&
			!unicode.IsDigit(c) {
			return false
		}
	}
	return name != ""
}

func dominant(same []field) (field, bool) {
	slices.SortStableFunc(same, func(a, b field) int {
		if d := len(a.path) - len(b.path); d != 0 {
			return d
		}
		switch {
		case a.tagged && !b.tagged:
			return -1
		case b.tagged && !a.tagged:
			return 1
		}
		return 0
	})
	if len(same) > 1 && len(same[0].path) == len(same[1].path) && same[0].tagged == same[1].tagged {
		return field{}, false
	}
	return same[0], true
}
