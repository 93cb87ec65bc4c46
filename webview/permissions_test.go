//go:build linux && cgo

package webview

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/builtin"
	"github.com/tailrace-go/tailrace/transport"
)

// refusing allows everything but what stands in it.
type refusing struct {
	mu      sync.Mutex
	refused []transport.Permission // of them, action and name count
}

// Check implements transport.Policy.
func (r *refusing) Check(p transport.Permission) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.refused, func(q transport.Permission) bool {
		return q.Action == p.Action && q.Name == p.Name
	}) {
		return p.Denied()
	}
	return nil
}

func (r *refusing) set(refused ...transport.Permission) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused = refused
}

// permissionsOf are those that a call needs that is about the window "asked", opens the window
// "new" above the window "main", or has the event "told".
func permissionsOf(name string, n builtin.Need) []transport.Permission {
	window := func(label string) []transport.Permission {
		return []transport.Permission{{Action: transport.ActionWindow, Name: label}}
	}
	switch n {
	case builtin.Own:
		return []transport.Permission{{Action: transport.ActionCommand, Name: name}}
	case builtin.Window:
		return window("asked")
	case builtin.All: // each of them
		return append(window("asked"), window("main")...)
	case builtin.Created:
		return window("new")
	case builtin.Parent:
		return window("main")
	case builtin.Resume:
		return []transport.Permission{{Action: transport.ActionResume, Name: "told"}}
	case builtin.Listen:
		return []transport.Permission{{Action: transport.ActionListen, Name: "told"}}
	case builtin.Emit:
		return []transport.Permission{{Action: transport.ActionEmit, Name: "told"}}
	}
	return nil
}

// someArgs are such that most commands could do something with them.
const someArgs = `{ label: 'asked', value: null, 
	options: { label: 'new', parent: 'main', title: 'x' },
	event: 'told', target: 'main', sub: 77, payload: 1, name: 'told', theme: 'dark', paths: ['a'],
	path: '/a/b', rid: 1, directory: 1, x: 1, y: 1 }`

// fails has a page tell an error.
const fails = `const fails = (e) => ({ code: e.code, message: e.message });`

// callBuiltin calls a command of the table.
func (p *testPage) callBuiltin(name string) *transport.Error {
	switch name {
	case bus.CommandEmitBytes:
		var failed *transport.Error
		p.run(fails+`return await tailrace.invoke('`+name+`', new Uint8Array(1),
			{ headers: { 'tailrace-event': 'told' } }).then(() => null, fails)`, &failed)
		return failed
	case transport.CommandResume:
		var failed *transport.Error
		p.run(fails+`return await tailrace.resume('told').then(() => null, fails)`, &failed)
		return failed
	}
	_, failed := p.invokes(name, someArgs)
	return failed
}

// TestTableOfPermissions: each command of the table is refused to a page that lacks one of its
// permissions and has everything else, and is not denied to one that has them.
func TestTableOfPermissions(t *testing.T) {
	besideAnother(t, func(t *testing.T, w way) string {
		rules := &refusing{}
		app := newApp(t, Options{Tauri: true, Policy: rules, Carrier: w.kind},
			func(*transport.Engine) {})
		p := openPage(t, app, WindowOptions{Label: "main"})
		asked := openPage(t, app, WindowOptions{Label: "asked"})
		t.Cleanup(func() { loop.SetTheme(ThemeSystem) })
		before, err := asked.State()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range builtin.Names() {
			row := builtin.Named(name)
			rules.set()
			if slices.Contains(row.Needs, builtin.Inspector) {
				if _, failed := p.invokes(name, `{}`); failed == nil ||
					failed.Code != transport.CodeDenied {
					t.Errorf("%s: %v", name, failed)
				}
				continue
			}
			for _, need := range row.Needs {
				lacked := permissionsOf(name, need)
				if len(lacked) == 0 {
					t.Fatalf("%s needs %q, of which this test knows nothing", name, need)
				}
				for _, l := range lacked {
					rules.set(l)
					shown := l.String()
					own := slices.Contains(row.Needs, builtin.Window) && l.Name == "asked"
					if need == builtin.All && !own {
						shown = "window:*" // a page is not told which
					}
					if failed := p.callBuiltin(name); failed == nil ||
						failed.Code != transport.CodeDenied ||
						!strings.Contains(failed.Message, fmt.Sprintf("%q", shown)) {
						t.Errorf("%s without %v: %v", name, l, failed)
					}
				}
			}
		}
		if after, err := asked.State(); err != nil || after != before {
			t.Errorf("denied commands changed the window: %+v, %v, before %+v", after, err, before)
		}
		if app.Window("new") != nil {
			t.Error("a denied command opened a window")
		}
		rules.set()
		for _, name := range builtin.Names() {
			switch name {
			// its end
			case "plugin:inspector|watch", "plugin:window|close", "plugin:window|destroy":
				continue
			}
			if failed := p.callBuiltin(name); failed != nil &&
				(failed.Code == transport.CodeDenied ||
					failed.Code == transport.CodeUnknownCommand) {
				t.Errorf("%s with all permissions: %v", name, failed)
			}
			if w := app.Window("new"); w != nil {
				w.Destroy()
				wait(t, w.Done(), "the new window's end")
			}
		}
		return "denied"
	})
}

// TestBuiltinsAreBounded: no command of the table takes more than its row says, but for payloads of
// the app. Raw bytes, in the call or on a lane of their own, none takes but emit_bytes.
func TestBuiltinsAreBounded(t *testing.T) {
	besideAnother(t, func(t *testing.T, w way) string {
		app := newApp(t, Options{Tauri: true, Carrier: w.kind}, func(*transport.Engine) {})
		p := openPage(t, app, WindowOptions{Label: "main"})
		for _, name := range builtin.Names() {
			p.refusesRaw(name)
			row := builtin.Named(name)
			if row.MaxArgs > builtin.Long || name == "plugin:inspector|watch" {
				if !slices.Contains(row.Needs, builtin.Emit) && name != "plugin:inspector|watch" {
					t.Errorf("%s takes %d bytes", name, row.MaxArgs)
				}
				continue
			}
			for more, refused := range map[int]bool{0: false, 1: true, 1 << 20: true} {
				failed := p.callPadded(name, row.MaxArgs+more)
				got := failed != nil &&
					strings.Contains(failed.Message, fmt.Sprintf("it takes %d", row.MaxArgs))
				if got != refused {
					t.Errorf("%s with %d bytes: %v", name, row.MaxArgs+more, failed)
				}
			}
		}
		return "refused"
	})
}

// refusesRaw checks that a command takes no raw bytes, or none without an event.
func (p *testPage) refusesRaw(name string) {
	p.t.Helper()
	code := transport.CodeBadArguments
	switch name {
	case bus.CommandEmitBytes:
		code = bus.CodeName
	case "plugin:inspector|watch": // the page may not
		code = transport.CodeDenied
	}
	for _, length := range []int{1, 64<<10 + 1, 1 << 20} { // the longer ones come on a lane
		if failed := p.callRaw(name, length); failed == nil || failed.Code != code {
			p.t.Errorf("%s with %d raw bytes: %v, want %s", name, length, failed, code)
		}
	}
}

// callPadded calls a command with arguments of so many bytes of JSON.
func (p *testPage) callPadded(name string, length int) (failed *transport.Error) {
	p.t.Helper()
	const frame = `{"label":"nobody","event":"told","pad":""}`
	p.run(fmt.Sprintf(fails+`return await tailrace.invoke(%q,
		{ label: 'nobody', event: 'told', pad: 'x'.repeat(%d) }).then(() => null, fails)`, name,
		length-len(frame)), &failed)
	return failed
}

// callRaw calls a command with so many raw bytes.
func (p *testPage) callRaw(name string, length int) (failed *transport.Error) {
	p.t.Helper()
	p.run(fmt.Sprintf(fails+`return await tailrace.invoke(%q, new Uint8Array(%d))
		.then(() => null, fails)`, name, length), &failed)
	return failed
}

// denyingAll allows nothing, and denies each command by its name, too.
type denyingAll struct{}

// Check implements transport.Policy.
func (denyingAll) Check(p transport.Permission) error { return p.Denied() }

// Denies implements transport.Denier.
func (denyingAll) Denies(p transport.Permission) bool { return p.Action == transport.ActionCommand }

// TestDeniedBuiltins: to a page whose policy denies everything, each command of the table is denied
// before anything else is said of its arguments or its raw bytes, however large, and none of them
// are held then. What tells that the page is ready can't be denied, and takes neither.
func TestDeniedBuiltins(t *testing.T) {
	besideAnother(t, func(t *testing.T, w way) string {
		o := Options{Tauri: true, Policy: denyingAll{}, Carrier: w.kind}
		app := newApp(t, o, func(*transport.Engine) {})
		p := openPage(t, app, WindowOptions{Label: "main"})
		const large = 1 << 20
		for _, name := range builtin.Names() {
			code := transport.CodeDenied
			if name == bus.CommandReady || name == bus.CommandReadyLater { // every page may
				code = transport.CodeBadArguments
			}
			for _, failed := range []*transport.Error{
				p.callRaw(name, 1), p.callRaw(name, large), p.callPadded(name, large),
			} {
				if failed == nil || failed.Code != code {
					t.Errorf("%s: %v, want %s", name, failed, code)
				}
			}
			eventually(t, name+" to hold nothing", func() bool {
				held := p.Session().Stats().Held
				return held.Commands+held.Fragments+held.Messages == 0
			})
		}
		return "denied"
	})
}
