package webview

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/builtin"
	"github.com/tailrace-go/tailrace/transport"
)

// The commands that @tauri-apps/api calls, named plugin:<part>|<command>. Events are package bus's.
// What is not provided is an unknown command, which the error names. All are there only if the app
// has asked for them, by Options.Tauri or ImportMap: a page of the app's own could open and destroy
// windows by them, and move the pointer.
//
// internal/builtin has the table of these commands: what each asks the policy for, how long its
// arguments may be, and what it costs. Commands that change a window are ordered: a page that calls
// several without awaiting has them done in that order, and what it asks afterwards sees their
// effect. They answer when they are done (access.go).

// tauri says whether pages get what Tauri's names stand for.
func (o *Options) tauri() bool { return o.Tauri || o.ImportMap }

// tauriParts are the parts whose commands are here if the app has asked for them.
var tauriParts = []string{
	"plugin:window|", "plugin:webview|", "plugin:app|", "plugin:path|", "plugin:resources|",
}

// tauriCommand says whether a command is of one of Tauri's parts.
func tauriCommand(name string) bool {
	return slices.ContainsFunc(tauriParts, func(part string) bool {
		return strings.HasPrefix(name, part)
	})
}

const tauriOff = "Tauri's commands are there only with webview.Options.Tauri or ImportMap"

// unknown says of a command of Tauri's what the app must ask for to have it.
func (a *App) unknown(command string) error {
	if a.options.tauri() || !tauriCommand(command) {
		return nil
	}
	if shown, first := a.logged.First(command); first {
		a.log.Warn("webview: a page has called a command that is off: "+tauriOff, "command", shown)
	}
	return &transport.Error{
		Code:    transport.CodeUnknownCommand,
		Message: fmt.Sprintf("there is no command %.100q: %s", command, tauriOff),
	}
}

// registerTauri adds all commands to the engine.
func registerTauri(a *App) {
	registerWindow(a)
	registerWebview(a)
	registerCreate(a)
	registerApp(a)
	registerPath(a)
	registerResources(a)
}

// arguments are those of a command, which say what windows it is about.
type arguments interface {
	about() (about, error)
}

// about are labels, each "" for none: of the window, which is the caller's own then; of the one
// that shall be opened; and of its parent.
type about struct{ window, created, parent string }

// command registers a command as its row in the table says. The policy is asked before more of the
// arguments is decoded than what they are about, which is bounded by the row; the command then has
// its turn on the main thread, if it needs that.
func command[Args arguments, Result any](
	a *App, name string, fn func(ctx context.Context, args Args) (Result, error),
) {
	row := builtin.Named(name)
	o := transport.CommandOptions{Ordered: row.Ordered, Asks: row.Asks(), MaxArgs: row.MaxArgs}
	run := func(ctx context.Context, args Args) (r Result, err error) {
		labels, err := args.about()
		if err != nil {
			return r, badArguments(name, err)
		}
		if err := a.may(transport.SessionFrom(ctx), row, labels); err != nil {
			return r, err
		}
		if row.Price == builtin.Nothing {
			return fn(ctx, args)
		}
		return inTurn(ctx, a, row.Price, func() (Result, error) { return fn(ctx, args) })
	}
	transport.HandleWith(a.engine, name, o, run)
}

// plain registers a command that needs the permission of its own name only, which the engine asks
// for.
func plain[Args, Result any](
	a *App, name string, fn func(ctx context.Context, args Args) (Result, error),
) {
	row := builtin.Named(name)
	if !slices.Equal(row.Needs, []builtin.Need{builtin.Own}) || row.Price != builtin.Nothing {
		panic(fmt.Sprintf("webview: the command %q needs more than its name", name))
	}
	transport.HandleWith(a.engine, name,
		transport.CommandOptions{Ordered: row.Ordered, MaxArgs: row.MaxArgs}, fn)
}

// may asks the policy for what a command needs, but for its own name.
func (a *App) may(s *transport.Session, row builtin.Command, labels about) (err error) {
	if labels.window == "" {
		labels.window = s.Label()
	}
	for _, need := range row.Needs {
		switch {
		case need == builtin.Window:
			err = s.Check(transport.ActionWindow, labels.window)
		case need == builtin.Created:
			err = s.Check(transport.ActionWindow, labels.created)
		case need == builtin.Parent && labels.parent != "":
			err = s.Check(transport.ActionWindow, labels.parent)
		case need == builtin.All:
			err = a.mayChangeAll(s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pluginPolicy is the app's policy and the inspector's. It tells a page with a denial, too, that
// Tauri's commands are not there.
type pluginPolicy struct {
	transport.Policy
	off bool // Tauri's commands are not there
}

// Check implements transport.Policy.
func (p pluginPolicy) Check(q transport.Permission) error {
	if q.Label == InspectorLabel || q.Name == commandInspect {
		return inspectorMay(q)
	}
	err := p.Policy.Check(q)
	if err != nil && p.off && q.Action == transport.ActionCommand && tauriCommand(q.Name) {
		return &transport.Error{
			Code: transport.CodeDenied, Message: fmt.Sprintf("%v (%s)", err, tauriOff),
		}
	}
	return err
}

// Denies implements transport.Denier, for a policy that does. A page may always say that it is
// ready: that gives it nothing, and what Go does to it waits for that.
func (p pluginPolicy) Denies(q transport.Permission) bool {
	d, ok := p.Policy.(transport.Denier)
	return ok && q.Name != bus.CommandReady && q.Name != bus.CommandReadyLater && d.Denies(q)
}

var _ transport.Denier = pluginPolicy{}

// Validate lets the engine check the rules when it is made.
func (p pluginPolicy) Validate() error {
	if v, ok := p.Policy.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// aboutWindow are the arguments of a command about a window.
type aboutWindow struct {
	Label string          `json:"label"` // "": the caller's
	Value json.RawMessage `json:"value"`
}

func (w aboutWindow) about() (about, error) { return about{window: w.Label}, nil }

// window finds the window that a command of the page is about.
func (a *App) window(ctx context.Context, label string) (*Window, error) {
	if label == "" {
		label = transport.SessionFrom(ctx).Label()
	}
	w := a.Window(label)
	if w == nil {
		return nil, &transport.Error{Code: CodeNoWindow, Message: "window not found"}
	}
	return w, nil
}

// permitted gives the open windows that the page may act on. What is left out is no denial, and
// not logged.
func (a *App) permitted(s *transport.Session) []*Window {
	return slices.DeleteFunc(a.Windows(), func(w *Window) bool {
		may := transport.Permission{
			Label: s.Label(), Origin: s.Origin(), Action: transport.ActionWindow, Name: w.label,
		}
		return a.engine.Check(may) != nil
	})
}

// mayChangeAll asks the policy for all open windows. The page is not told which of them it lacks.
func (a *App) mayChangeAll(s *transport.Session) error {
	for _, w := range a.Windows() {
		if s.Check(transport.ActionWindow, w.label) != nil {
			return transport.Permission{
				Label: s.Label(), Origin: s.Origin(), Action: transport.ActionWindow, Name: "*",
			}.Denied()
		}
	}
	return nil
}

// lister adds a command that lists the windows that the page may act on.
func lister[T any](a *App, name string, item func(label string) T) {
	command(a, name, func(ctx context.Context, args aboutWindow) ([]T, error) {
		if _, err := a.window(ctx, args.Label); err != nil {
			return nil, err
		}
		items := []T{}
		for _, w := range a.permitted(transport.SessionFrom(ctx)) {
			items = append(items, item(w.label))
		}
		return items, nil
	})
}

// getter adds a command that asks for something of a window.
func getter[T any](a *App, name string, get func(w *Window) (T, error)) {
	command(a, name, func(ctx context.Context, args aboutWindow) (T, error) {
		w, err := a.window(ctx, args.Label)
		if err != nil {
			var none T
			return none, err
		}
		return get(w)
	})
}

// action adds a command that does something with a window.
func action(a *App, name string, do func(w *Window)) {
	optional(a, name, func(w *Window, _ *json.RawMessage) error { do(w); return nil })
}

// setter adds a command that changes something of a window to a value.
func setter[T any](a *App, name string, set func(w *Window, value T) error) {
	optional(a, name, func(w *Window, value *T) error {
		if value == nil {
			return badArguments(name, errors.New("the value is missing"))
		}
		return set(w, *value)
	})
}

// optional adds a command that changes something of a window to a value or, for null, to nil.
func optional[T any](a *App, name string, set func(w *Window, value *T) error) {
	command(a, name, func(ctx context.Context, args aboutWindow) (any, error) {
		w, err := a.window(ctx, args.Label)
		if err != nil {
			return nil, err
		}
		var value *T
		if len(args.Value) > 0 {
			if err := json.Unmarshal(args.Value, &value); err != nil {
				return nil, badArguments(name, err)
			}
		}
		return nil, set(w, value)
	})
}

func badArguments(command string, err error) *transport.Error {
	return &transport.Error{
		Code: transport.CodeBadArguments, Message: fmt.Sprintf("command %q: %v", command, err),
	}
}

// Codes of the errors that the plugin commands answer with; the messages of the first three are
// Tauri's.
const (
	CodeNoWindow    = "no_window"    // there is no window of that label
	CodeNoResource  = "no_resource"  // there is no resource of that number
	CodeNoPath      = "no_path"      // the path, or the directory, has not what was asked for
	CodeLabelTaken  = "label_taken"  // a window of that label exists
	CodeNotProvided = "not_provided" // what can't be done here
	CodeNoPointer   = "no_pointer"   // the page may not move the pointer now
)
