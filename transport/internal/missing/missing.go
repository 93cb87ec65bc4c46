// Package missing finds what a command's arguments declare and the page has not passed: a channel.
// It is looked for before the handler is called, which would use a nil channel.
//
// Only what the decoder itself has made is looked at: exported fields, elements of slices, arrays
// and maps, and what pointers lead to, but nothing behind an interface, or behind a type that
// decodes itself, which may hold anything.
package missing

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Finder finds channels that are missing. Its fields are set before it is used; any goroutine may
// call its methods.
type Finder struct {
	// Channel is the interface that a channel implements, or a pointer to one.
	Channel reflect.Type
	// Connected reports whether a channel is connected.
	Connected func(channel any) bool

	kinds sync.Map // reflect.Type -> kindOfType
}

var rawType = reflect.TypeFor[json.RawMessage]()

// isChannel reports whether values of that type, or pointers to them, are channels.
func (f *Finder) isChannel(t reflect.Type) bool {
	return t.Implements(f.Channel) ||
		t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(f.Channel)
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

// MayHold reports whether decoding into args, a pointer, may decode a channel.
func (f *Finder) MayHold(args any) bool { return f.kind(reflect.TypeOf(args)).holds }

func (f *Finder) kind(t reflect.Type) kindOfType {
	if known, ok := f.kinds.Load(t); ok {
		return known.(kindOfType)
	}
	var k kindOfType
	f.add(&k, t, map[reflect.Type]bool{})
	f.kinds.Store(t, k)
	return k
}

// add adds what values of type t may have.
func (f *Finder) add(k *kindOfType, t reflect.Type, seen map[reflect.Type]bool) {
	switch {
	case seen[t] || t == rawType:
		return
	case f.isChannel(t):
		k.holds, k.declares = true, true
		return
	case decodesItself(t):
		k.holds = true
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		f.add(k, t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			f.add(k, t.Field(i).Type, seen)
		}
	case reflect.Interface:
		k.holds = k.holds || t.NumMethod() > 0 // a decoder of the user's may put one there
	}
}

// Check says which channel that args, a pointer, declares is missing, nil when there is none.
func (f *Finder) Check(args any) error {
	v := reflect.ValueOf(args).Elem()
	if !f.kind(v.Type()).declares {
		return nil
	}
	at, missing := search{f, map[spot]bool{}}.missing(v, 0)
	switch {
	case !missing:
		return nil
	case len(at) == 0:
		return fmt.Errorf("the channel is missing")
	}
	slices.Reverse(at)
	path := strings.TrimPrefix(strings.Join(at, ""), ".")
	return fmt.Errorf("the channel %q is missing: pass one, or declare the field with "+
		"`json:\",omitempty\"` if it may be missing", path)
}

// deepest is how deep a search goes: as deep as encoding/json decodes.
const deepest = 10_000

// search looks for a channel that is missing. It remembers where it was.
type search struct {
	*Finder
	spots map[spot]bool
}

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
	was := s.spots[at]
	s.spots[at] = true
	return was
}

// missing finds a declared channel below v that is not connected, and gives the path to it as the
// page writes it: its steps, the last one first. Nothing is written of the other paths, of which a
// page can make many, and long ones.
func (s search) missing(v reflect.Value, depth int) (path []string, found bool) {
	t := v.Type()
	switch {
	case depth > deepest:
		return nil, false
	case s.isChannel(t):
		return nil, !s.isBound(v)
	case !s.kind(t).declares || decodesItself(t):
		return nil, false
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if v.IsNil() || s.been(v) {
			return nil, false
		}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.missing(v.Elem(), depth+1)
	case reflect.Struct:
		return s.fields(v, depth)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if path, found := s.missing(v.Index(i), depth+1); found {
				return append(path, fmt.Sprintf("[%d]", i)), true
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if path, found := s.missing(it.Value(), depth+1); found {
				return append(path, step(keyText(it.Key()))), true
			}
		}
	}
	return nil, false
}

// isBound reports whether a channel is connected. A value in a map has no address: its copy is
// asked.
func (f *Finder) isBound(v reflect.Value) bool {
	if v.Kind() != reflect.Pointer {
		to := reflect.New(v.Type())
		to.Elem().Set(v)
		v = to
	}
	if v.IsNil() {
		return false
	}
	return f.Connected(v.Interface())
}

// fields looks at the fields that a page can set.
func (s search) fields(v reflect.Value, depth int) (path []string, found bool) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		embedded := f.Anonymous && name == "" && !s.isChannel(f.Type) && isStruct(f.Type)
		if name == "-" && options == "" || !f.IsExported() && !embedded {
			continue
		}
		if s.isChannel(f.Type) && optional(options) {
			continue
		}
		path, found := s.missing(v.Field(i), depth+1)
		switch {
		case found && embedded:
			return path, true
		case found && name == "":
			return append(path, step(f.Name)), true
		case found:
			return append(path, step(name)), true
		}
	}
	return nil, false
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

// step is a name in a path.
func step(name string) string {
	if strings.ContainsAny(name, ". []") || name == "" {
		name = strconv.Quote(name)
	}
	return "." + name
}
