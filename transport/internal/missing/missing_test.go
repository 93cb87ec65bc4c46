package missing

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// channel is a channel, connected or not.
type channel struct{ connected bool }

func (c *channel) isChannel() {}

type anyChannel interface{ isChannel() }

// own decodes itself: what it holds is its own matter.
type own struct{ C *channel }

func (*own) UnmarshalJSON([]byte) error { return nil }

type inner struct {
	Down *channel `json:"down"`
}

type args struct {
	inner
	Named  map[string]channel `json:"named"`
	List   []*inner           `json:"list"`
	Maybe  *channel           `json:"maybe,omitempty"`
	Own    own                `json:"own"`
	Raw    json.RawMessage
	Self   *args
	hidden *channel
}

func finder() *Finder {
	return &Finder{
		Channel:   reflect.TypeFor[anyChannel](),
		Connected: func(c any) bool { return c.(*channel).connected },
	}
}

// TestCheck: the first declared channel that is missing is named by its path.
func TestCheck(t *testing.T) {
	there := &channel{true}
	full := func() *args {
		a := &args{inner: inner{there}, List: []*inner{{there}}}
		a.Named = map[string]channel{"a b": {true}}
		a.Self, a.hidden = a, nil // a cycle, and a field that no page can set
		return a
	}
	f := finder()
	if err := f.Check(full()); err != nil {
		t.Error(err)
	}
	for path, spoil := range map[string]func(a *args){
		`"down"`:           func(a *args) { a.Down = nil },
		`"named.\"a b\""`:  func(a *args) { a.Named["a b"] = channel{} },
		`"list[1].down"`:   func(a *args) { a.List = append(a.List, new(inner)) },
		`"Self.list[0].do`: func(a *args) { a.Self = full(); a.Self.List[0] = new(inner) },
	} {
		a := full()
		spoil(a)
		err := f.Check(a)
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), `\\"`, `\"`), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := f.Check(new(*channel)); err == nil || err.Error() != "the channel is missing" {
		t.Errorf("arguments that are a channel: %v", err)
	}
}

// TestMayHold: what can't hold a channel is known from its type.
func TestMayHold(t *testing.T) {
	f := finder()
	for _, c := range []struct {
		args any
		want bool
	}{
		{new(args), true}, {new(own), true}, {new([]channel), true},
		{new(interface{ Close() }), true},
		{new(int), false}, {new(any), false}, {new([]json.RawMessage), false},
		{new(map[string][]struct{ A, B string }), false},
	} {
		if got := f.MayHold(c.args); got != c.want {
			t.Errorf("%T: %v", c.args, got)
		}
	}
}
