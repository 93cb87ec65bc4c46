package transport

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// What a command's arguments declare, but the page has not passed, is found before the handler is
// called: a handler would use a nil channel.
//
// Only what the decoder itself has made is looked at: exported fields, elements of slices, arrays
// and maps, and what pointers lead to, but nothing behind an interface, or behind a type that
// decodes itself, which may hold anything.

// boundChannel is a *Channel or a *Stream, or a struct that embeds one.
type boundChannel interface{ bound() *lane }

var (
	channelType = reflect.TypeFor[boundChannel]()
	rawType     = reflect.TypeFor[json.RawMessage]()
)

// isChannel reports whether values of that type, or pointers to them, are channels.
func isChannel(t reflect.Type) bool {
	return t.Implements(channelType) ||
		t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(channelType)
}

// decodesItself reports whether a type, or a pointer to it, has a method by which codecs let values
// decode themselves.
func decodesItself(t reflect.Type) bool {
	if t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
		t = reflect.PointerTo(t)
	}
	for i := range t.NumMethod() {
		if name := t.Method(i).Name; strings.HasPrefix(name, "Unmarshal") ||
			strings.HasPrefix(name, "Decode") {
			return true
		}
	}
	return false
}

// kindOfType is what is known of a type: whether a channel can be inside it, and whether one that
// is declared can be missing.
type kindOfType struct{ holds, declares bool }

var kindsOfTypes sync.Map // reflect.Type -> kindOfType

// mayHoldChannel reports whether decoding into that type may decode a channel.
func mayHoldChannel(t reflect.Type) bool { return typeOf(t).holds }

func typeOf(t reflect.Type) kindOfType {
	if known, ok := kindsOfTypes.Load(t); ok {
		return known.(kindOfType)
	}
	var k kindOfType
	k.add(t, map[reflect.Type]bool{})
	kindsOfTypes.Store(t, k)
	return k
}

// add adds what values of type t may have.
func (k *kindOfType) add(t reflect.Type, seen map[reflect.Type]bool) {
	switch {
	case seen[t] || t == rawType:
		return
	case isChannel(t):
		k.holds, k.declares = true, true
		return
	case decodesItself(t):
		k.holds = true
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		k.add(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			k.add(t.Field(i).Type, seen)
		}
	case reflect.Interface:
		k.holds = k.holds || t.NumMethod() > 0 // a decoder of the user's may put one there
	}
}

// complete says which channel that args, a pointer, declares is missing, nil when there is none.
func complete(args any) error {
	v := reflect.ValueOf(args).Elem()
	if !typeOf(v.Type()).declares {
		return nil
	}
	path := search{}.missing(v, "", 0)
	switch {
	case path == nil:
		return nil
	case *path == "":
		return fmt.Errorf("the channel is missing")
	}
	return fmt.Errorf("the channel %q is missing: pass one, or declare the field with "+
		"`json:\",omitempty\"` if it may be missing", *path)
}

// deepest is how deep a search goes: as deep as encoding/json decodes.
const deepest = 10_000

// search looks for a channel that is missing. It remembers where it was.
type search map[spot]bool

// spot is what a pointer, slice or map refers to.
type spot struct {
	t      reflect.Type
	at     uintptr
	length int
}

// been reports whether the search was there, and notes that it is.
func (s search) been(v reflect.Value) bool {
	at := spot{t: v.Type(), at: v.Pointer()}
	if v.Kind() == reflect.Slice {
		at.length = v.Len()
	}
	was := s[at]
	s[at] = true
	return was
}

// missing gives the path, as the page writes it, to a declared channel below v that is not
// connected.
func (s search) missing(v reflect.Value, path string, depth int) *string {
	t := v.Type()
	switch {
	case depth > deepest:
		return nil
	case isChannel(t):
		if isBound(v) {
			return nil
		}
		return &path
	case !typeOf(t).declares || decodesItself(t):
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if v.IsNil() || s.been(v) {
			return nil
		}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.missing(v.Elem(), path, depth+1)
	case reflect.Struct:
		return s.fields(v, path, depth)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if p := s.missing(v.Index(i), fmt.Sprintf("%s[%d]", path, i), depth+1); p != nil {
				return p
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if p := s.missing(it.Value(), join(path, keyText(it.Key())), depth+1); p != nil {
				return p
			}
		}
	}
	return nil
}

// isBound reports whether a channel is connected. A value in a map has no address: its copy is
// asked.
func isBound(v reflect.Value) bool {
	if v.Kind() != reflect.Pointer {
		to := reflect.New(v.Type())
		to.Elem().Set(v)
		v = to
	}
	if v.IsNil() {
		return false
	}
	c, ok := v.Interface().(boundChannel)
	return ok && c.bound() != nil
}

// fields looks at the fields that a page can set.
func (s search) fields(v reflect.Value, path string, depth int) *string {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		embedded := f.Anonymous && name == "" && !isChannel(f.Type) && isStruct(f.Type)
		if name == "-" && options == "" || !f.IsExported() && !embedded {
			continue
		}
		if isChannel(f.Type) && optional(options) {
			continue
		}
		at := path
		if !embedded {
			if name == "" {
				name = f.Name
			}
			at = join(path, name)
		}
		if p := s.missing(v.Field(i), at, depth+1); p != nil {
			return p
		}
	}
	return nil
}

// isStruct reports whether that is a struct, or a pointer to one.
func isStruct(t reflect.Type) bool {
	return t.Kind() == reflect.Struct ||
		t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}

// keyText is a map's key as JSON has it. It calls no method of the key.
func keyText(key reflect.Value) string {
	switch {
	case key.CanInt():
		return strconv.FormatInt(key.Int(), 10)
	case key.CanUint():
		return strconv.FormatUint(key.Uint(), 10)
	}
	return key.String()
}

// optional reports whether a field's options let it be missing.
func optional(options string) bool {
	for o := range strings.SplitSeq(options, ",") {
		if o == "omitempty" || o == "omitzero" {
			return true
		}
	}
	return false
}

func join(path, name string) string {
	if strings.ContainsAny(name, ". []") || name == "" {
		name = strconv.Quote(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}
