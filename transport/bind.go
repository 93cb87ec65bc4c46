package transport

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/tailrace-go/tailrace/transport/wire"
)

// channelValue is a *Channel or a *Stream inside a command's arguments.
type channelValue interface {
	channelID() uint32
	connect(*lane)
	window(*lane) int64
}

var channelType = reflect.TypeFor[channelValue]()

// bind connects every channel inside the decoded arguments, at any depth, with its lane, and
// tells the page of each.
func (inv *invocation) bind(args any) error {
	if err := inv.bindValue(reflect.ValueOf(args)); err != nil {
		return err
	}
	for _, l := range inv.opened {
		if err := inv.announce(l, 0); err != nil {
			return err
		}
	}
	return nil
}

// bindValue walks v. A custom UnmarshalJSON that hides a channel in an unexported field
// hides it from here, too: that channel stays unconnected, and says so when it is used.
func (inv *invocation) bindValue(v reflect.Value) error {
	if !v.IsValid() || !mayHoldChannel(v.Type()) {
		return nil
	}
	if v.Kind() != reflect.Pointer && v.CanAddr() && v.Addr().Type().Implements(channelType) {
		v = v.Addr()
	}
	if v.Type().Implements(channelType) && v.Kind() == reflect.Pointer {
		if v.IsNil() || !v.CanInterface() {
			return nil
		}
		return inv.bindChannel(v.Interface().(channelValue))
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return inv.bindValue(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if err := inv.bindValue(v.Field(i)); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := inv.bindValue(v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if err := inv.bindValue(it.Value()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (inv *invocation) bindChannel(c channelValue) error {
	id := c.channelID()
	if id == 0 {
		return nil
	}
	for _, l := range inv.lanes {
		if l.id == id {
			c.connect(l)
			return inv.announce(l, c.window(l))
		}
	}
	return fmt.Errorf("channel %d is not among those that the page announced with this call", id)
}

// announce tells the page once that Go has taken the lane, and how much it may send.
func (inv *invocation) announce(l *lane, window int64) error {
	l.mu.Lock()
	news := !l.announced || window > l.in.window.Load()
	if news {
		l.announced = true
		l.in.window.Store(window)
	}
	l.mu.Unlock()
	if !news {
		return nil
	}
	payload := twoWords(make([]byte, 0, 16), l.id, 0)
	return inv.s.control.send(inv.s.ctx, wire.Open, twoWords(payload, uint32(window), 0))
}

// holders remembers for each type whether a channel can be inside it.
var holders sync.Map // reflect.Type -> bool

func mayHoldChannel(t reflect.Type) bool {
	if known, ok := holders.Load(t); ok {
		return known.(bool)
	}
	found := holdsChannel(t, map[reflect.Type]bool{})
	holders.Store(t, found)
	return found
}

func holdsChannel(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if t.Implements(channelType) || reflect.PointerTo(t).Implements(channelType) {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return holdsChannel(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if holdsChannel(t.Field(i).Type, seen) {
				return true
			}
		}
	case reflect.Interface:
		return t.NumMethod() > 0 // a decoder of the user's may have put one there
	}
	return false
}
