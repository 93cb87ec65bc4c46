package bus

import (
	"encoding/json"
	"fmt"

	"github.com/valyala/fastjson"
)

// Kind is the kind of a Target.
type Kind uint8

// The kinds. A window has one webview, so that the three kinds of a window differ only by which
// object of the page registered the listener.
const (
	KindAny           Kind = iota // everybody
	KindAnyLabel                  // whatever has that label
	KindApp                       // the app: listeners in Go that belong to no window
	KindWindow                    // a window
	KindWebview                   // a window's webview
	KindWebviewWindow             // a window with its webview
)

var kindNames = [...]string{"Any", "AnyLabel", "App", "Window", "Webview", "WebviewWindow"}

// String gives the kind's name in JSON.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Target says whom an event is for, or whom a listener stands for. The rule is Tauri's:
//
//	emitted to        reaches listeners registered for
//	Any               all
//	AnyLabel X        Window X, Webview X, WebviewWindow X, AnyLabel X, and Any
//	Window X          Window X, AnyLabel X, and Any; Webview X and WebviewWindow X likewise
//	App               App, and Any
//	a filter          those whose target it accepts, and Any
//
// So a listener for Any, which a page's plain listen is, hears what is meant for other windows; the
// policy can deny it.
//
// Targets are comparable. The zero value is Any. In JSON a target is
// {"kind":"Window","label":"main"}; a plain string is AnyLabel.
type Target struct {
	Kind  Kind
	Label string // of the window; "" for Any and App
}

// The targets without a label.
var (
	Any = Target{Kind: KindAny}
	App = Target{Kind: KindApp}
)

// AnyLabel is whatever has that label.
func AnyLabel(label string) Target { return Target{KindAnyLabel, label} }

// Window is the window of that label.
func Window(label string) Target { return Target{KindWindow, label} }

// Webview is the webview of that label.
func Webview(label string) Target { return Target{KindWebview, label} }

// WebviewWindow is the window of that label with its webview.
func WebviewWindow(label string) Target { return Target{KindWebviewWindow, label} }

// String gives kind and label.
func (t Target) String() string {
	if t.Kind.labelled() {
		return fmt.Sprintf("%v %.80q", t.Kind, t.Label)
	}
	return t.Kind.String()
}

// labelled reports whether targets of that kind have a label.
func (k Kind) labelled() bool { return k != KindAny && k != KindApp }

// reaches reports whether an event emitted to t is heard by a listener registered for l: the table
// of Target.
func (t Target) reaches(l Target) bool {
	if t.Kind == KindAny || l.Kind == KindAny {
		return true
	}
	switch t.Kind {
	case KindApp:
		return l.Kind == KindApp
	case KindAnyLabel:
		return l.Kind.labelled() && l.Label == t.Label
	default:
		return (l.Kind == t.Kind || l.Kind == KindAnyLabel) && l.Label == t.Label
	}
}

// check refuses an unknown kind and a label that can't be one.
func (t Target) check() error {
	switch {
	case int(t.Kind) >= len(kindNames):
		return fmt.Errorf("%w: %v is unknown", ErrTarget, t.Kind)
	case t.Kind.labelled():
		return checkLabel(t.Label)
	case t.Label != "":
		return fmt.Errorf("%w: %v has no label", ErrTarget, t.Kind)
	}
	return nil
}

type targetJSON struct {
	Kind  string `json:"kind"`
	Label string `json:"label,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (t Target) MarshalJSON() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	return json.Marshal(targetJSON{t.Kind.String(), t.Label})
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Target) UnmarshalJSON(data []byte) error {
	got, err := parseTarget(data)
	if err == nil {
		*t = got
	}
	return err
}

// parseTarget reads a target from valid JSON.
func parseTarget(data []byte) (Target, error) {
	if len(data) > 8*maxName {
		return Target{}, fmt.Errorf("%w: %d bytes are too many", ErrTarget, len(data))
	}
	p := parsers.Get()
	defer parsers.Put(p)
	v, err := p.ParseBytes(data)
	if err != nil {
		return Target{}, fmt.Errorf("%w: %v", ErrTarget, err)
	}
	if label, err := v.StringBytes(); err == nil {
		t := AnyLabel(string(label))
		return t, t.check()
	}
	o, err := v.Object()
	if err != nil {
		return Target{}, fmt.Errorf("%w: it is %v, no object or string", ErrTarget, v.Type())
	}
	return targetOf(o)
}

// targetOf reads a target's object. What belongs to no target is ignored, as in Tauri.
func targetOf(o *fastjson.Object) (Target, error) {
	var kind, label *fastjson.Value
	var problem error
	o.Visit(func(key []byte, v *fastjson.Value) {
		field := &label
		switch string(key) {
		case "kind":
			field = &kind
		case "label":
		default:
			return
		}
		if *field != nil || v.Type() != fastjson.TypeString {
			problem = fmt.Errorf("%w: %s must be one string", ErrTarget, key)
		}
		*field = v
	})
	if problem == nil && kind == nil {
		problem = fmt.Errorf("%w: it has no kind", ErrTarget)
	}
	if problem != nil {
		return Target{}, problem
	}
	name := kind.GetStringBytes()
	for k := range kindNames {
		if string(name) != kindNames[k] {
			continue
		}
		t := Target{Kind: Kind(k)}
		if t.Kind.labelled() {
			if label == nil {
				return Target{}, fmt.Errorf("%w: %v needs a label", ErrTarget, t.Kind)
			}
			t.Label = string(label.GetStringBytes())
		}
		return t, t.check()
	}
	return Target{}, fmt.Errorf("%w: kind %.40q is unknown", ErrTarget, name)
}

var (
	_ json.Marshaler   = Target{}
	_ json.Unmarshaler = (*Target)(nil)
)
