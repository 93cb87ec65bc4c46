package webview

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/builtin"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/tauri"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// The commands that @tauri-apps/api calls are package tauri's; here stand the app and the windows
// that they act on. They are there only if the app has asked for them, by Options.Tauri or
// ImportMap: a page of the app's own could open and destroy windows by them, and move the pointer.

// TauriVersion is the version of @tauri-apps/api whose commands are provided.
const TauriVersion = tauri.Version

// Codes of the errors that the commands of Tauri's names answer with; the messages of the first
// three are Tauri's.
const (
	CodeNoWindow    = tauri.CodeNoWindow    // there is no window of that label
	CodeNoResource  = tauri.CodeNoResource  // there is no resource of that number
	CodeNoPath      = tauri.CodeNoPath      // the path, or directory, has not what was asked for
	CodeLabelTaken  = tauri.CodeLabelTaken  // a window of that label exists
	CodeNotProvided = tauri.CodeNotProvided // what can't be done here
	CodeNoPointer   = tauri.CodeNoPointer   // the page may not move the pointer now
)

// tauri says whether pages get what Tauri's names stand for.
func (o *Options) tauri() bool { return o.Tauri || o.ImportMap }

// unknown says of a command of Tauri's what the app must ask for to have it.
func (a *App) unknown(command string) error {
	if a.options.tauri() || !tauri.Command(command) {
		return nil
	}
	if shown, first := a.logged.First(command); first {
		a.log.Warn("webview: a page has called a command that is off: "+tauri.Off,
			"command", shown)
	}
	return &transport.Error{
		Code:    transport.CodeUnknownCommand,
		Message: fmt.Sprintf("there is no command %.100q: %s", command, tauri.Off),
	}
}

// registerTauri adds all commands to the engine.
func registerTauri(a *App) {
	tauri.Register(a.engine, tauriApp{a}, tauri.Config{
		Name: a.options.Name, Version: a.options.Version, Identifier: a.options.Identifier,
		Env: os.Getenv, Log: a.log, Logged: &a.logged,
	})
}

// tauriApp is the app as the commands see it.
type tauriApp struct{ app *App }

var _ tauri.App = tauriApp{}

func (t tauriApp) Window(label string) (tauri.Window, bool) {
	w := t.app.Window(label)
	return tauriWindow{w}, w != nil
}

func (t tauriApp) Labels() []string {
	var labels []string
	for _, w := range t.app.Windows() {
		labels = append(labels, w.label)
	}
	return labels
}

func (t tauriApp) SetTheme(theme view.Theme) { t.app.SetTheme(Theme(theme)) }

func (t tauriApp) Resources(ctx context.Context) *tauri.Resources { return resourcesOf(ctx, true) }

func (t tauriApp) InTurn(ctx context.Context, p builtin.Price, f func()) error {
	_, err := inTurn(ctx, t.app, p, func() (struct{}, error) { f(); return struct{}{}, nil })
	return err
}

// Open takes the label at once: what the page emits to the new window after it is kept for that.
// The window itself is made on the main thread.
func (t tauriApp) Open(opener *transport.Session, n tauri.NewWindow) error {
	a := t.app
	o, err := WindowOptions{
		Label: n.Label, URL: n.URL, Title: n.Title, Parent: n.Parent,
		Width: n.Width, Height: n.Height, Position: n.Position,
		Center: n.Center, Maximized: n.Maximized, Fullscreen: n.Fullscreen,
		AlwaysOnTop: n.AlwaysOnTop,
		Fixed:       n.Fixed, Hidden: n.Hidden, NoFocus: n.NoFocus, Undecorated: n.Undecorated,
	}.withDefaults(a.origins)
	if err != nil {
		return err
	}
	if err := a.mayShow(o.URL); err != nil {
		return err
	}
	w, err := a.reserve(o)
	switch {
	case errors.Is(err, errTaken):
		return fmt.Errorf("%w: %w", tauri.ErrTaken, err)
	case errors.Is(err, errNoParent):
		return fmt.Errorf("%w: %w", tauri.ErrNoParent, err)
	case err != nil:
		return err
	}
	a.post(func() {
		if err := a.build(w, func(w *Window) error { return w.open(o) }); err != nil {
			a.log.Error("webview: failed to open a window for a page", "window", o.Label, "opener",
				opener.Label(), "error", err)
		}
	})
	return nil
}

// mayShow says whether a page may open a window on that URL: the app's own pages, and the web's.
func (a *App) mayShow(uri string) error {
	if a.origins.Own(uri) != "" {
		return nil
	}
	if origin.IsWeb(uri) || uri == "about:blank" {
		return nil
	}
	return fmt.Errorf("%w %.100q", tauri.ErrShown, uri)
}

// tauriWindow is a window as the commands see it. What is promoted is what they need as it is.
type tauriWindow struct{ *Window }

var _ tauri.Window = tauriWindow{}

func (w tauriWindow) State() (view.State, error) {
	s, err := w.Window.State()
	return view.State(s), err
}

// RefuseClose notes that the page was asked to close its window and stays.
func (w tauriWindow) RefuseClose() { w.post(func() { w.life.unanswered = unanswered{} }) }

func (w tauriWindow) FocusPage() { w.post(func() { w.native.FocusPage() }) }

func (w tauriWindow) ToggleMaximize() {
	w.post(func() { w.native.Set(view.Maximized, !w.native.State().Maximized) })
}

func (w tauriWindow) Drag(e view.Edge) { w.post(func() { w.native.Drag(e) }) }

func (w tauriWindow) Set(f view.Flag, on bool) { w.set(f, on) }

func (w tauriWindow) Resize(size tauri.Lengths) error {
	if p := size(1); checkSize(p.X, p.Y) != nil {
		return checkSize(p.X, p.Y)
	}
	w.scaled("size", func(scale float64) {
		p := size(scale)
		w.resize(scale, p.X, p.Y)
	})
	return nil
}

func (w tauriWindow) Bound(low, high tauri.Lengths) error {
	// at gives a bound, or the one that stands.
	at := func(l tauri.Lengths, scale float64, now image.Point) image.Point {
		if l == nil {
			return now
		}
		return l(scale)
	}
	if err := checkBounds(at(low, 1, image.Point{}), at(high, 1, image.Point{})); err != nil {
		return err
	}
	w.post(func() {
		scale := w.native.State().Scale
		w.bound(scale, at(low, scale, w.told.low), at(high, scale, w.told.high))
	})
	return nil
}

func (w tauriWindow) Place(at tauri.Lengths) error {
	w.scaled("place", func(scale float64) {
		p := at(scale)
		w.native.SetPosition(p.X, p.Y)
	})
	return nil
}

// MovePointer moves the pointer, for a page. That is the user's: the window must have the keyboard,
// and it is not done again and again, so that nobody's pointer is held.
func (w tauriWindow) MovePointer(at tauri.Lengths) error {
	refused := &transport.Error{Code: CodeNoPointer}
	err := w.read(func() {
		s := w.native.State()
		switch {
		case !s.Focused:
			refused.Message = "the pointer can be moved only while the window has the keyboard"
		case !w.asks.pointers.take():
			refused.Message = fmt.Sprintf(
				"the pointer was moved %d times within %v: it is the user's",
				allowanceBurst, allowanceBurst*allowanceEach)
		default:
			p := at(s.Scale)
			w.native.SetPointer(p.X, p.Y)
			refused = nil
		}
	})
	if err == nil && refused != nil {
		return refused
	}
	return err
}

func (w tauriWindow) Monitors() (all []view.Monitor, err error) {
	err = w.read(func() { all = w.native.Monitors() })
	return all, err
}

func (w tauriWindow) Pointer() (at image.Point, scale float64, err error) {
	err = w.read(func() { at, scale = w.app.platform.Pointer(), w.native.State().Scale })
	return at, scale, err
}

// appPolicy is the app's policy and the inspector's. It tells a page with a denial, too, that
// Tauri's commands are not there.
type appPolicy struct {
	transport.Policy
	off bool // Tauri's commands are not there
}

// Check implements transport.Policy.
func (p appPolicy) Check(q transport.Permission) error {
	if q.Label == InspectorLabel || q.Name == commandInspect {
		return inspectorMay(q)
	}
	err := p.Policy.Check(q)
	if err != nil && p.off && q.Action == transport.ActionCommand && tauri.Command(q.Name) {
		return &transport.Error{
			Code: transport.CodeDenied, Message: fmt.Sprintf("%v (%s)", err, tauri.Off),
		}
	}
	return err
}

// Denies implements transport.Denier, for a policy that does. A page may always say that it is
// ready: that gives it nothing, and what Go does to it waits for that.
func (p appPolicy) Denies(q transport.Permission) bool {
	d, ok := p.Policy.(transport.Denier)
	return ok && q.Name != bus.CommandReady && q.Name != bus.CommandReadyLater && d.Denies(q)
}

var _ transport.Denier = appPolicy{}

// Validate lets the engine check the rules when it is made.
func (p appPolicy) Validate() error {
	if v, ok := p.Policy.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// AddResource lets the page that called the command of ctx hold c, by the number that it gives,
// which the command returns (a class of the page's extends Resource of @tauri-apps/api/core). c is
// closed when the page closes it, which needs Options.Tauri or ImportMap, or when the page goes.
// Errors: ErrClosed when it is gone already, and c is closed then; ErrResources; a nil c.
func AddResource(ctx context.Context, c io.Closer) (rid uint32, err error) {
	if c == nil {
		return 0, errors.New("webview: the resource is nil")
	}
	r := resourcesOf(ctx, false)
	if r == nil {
		return 0, closeAfter(c,
			fmt.Errorf("webview: the page is gone, or the context is not that of a command: %w",
				ErrClosed))
	}
	rid, err = r.Add(c, Caller(ctx).app.options.MaxResources)
	if err != nil {
		return 0, fmt.Errorf("failed to add a resource: %w", closeAfter(c, err))
	}
	return rid, nil
}

func closeAfter(c io.Closer, err error) error {
	if failed := tauri.CloseResource(c); failed != nil {
		return fmt.Errorf("%w (and to close it: %w)", err, failed)
	}
	return err
}

// ResourceOf gives the resource of that number of the page that called the command of ctx. Of
// a page that is being left it does so until the session has ended.
func ResourceOf[T io.Closer](ctx context.Context, rid uint32) (T, error) {
	var none T
	r := resourcesOf(ctx, true)
	if r == nil {
		return none, tauri.NoResource(rid)
	}
	c, ok := r.Get(rid).(T)
	if !ok {
		return none, tauri.NoResource(rid)
	}
	return c, nil
}

// resourcesOf gives those of the page of a command; left: of one that is being left, too.
func resourcesOf(ctx context.Context, left bool) *tauri.Resources {
	w, s := Caller(ctx), transport.SessionFrom(ctx)
	if w == nil || s == nil {
		return nil
	}
	p := w.pages.current.Load()
	if left && (p == nil || p.session != s) {
		p = w.pages.leaving.Load()
	}
	if p == nil || p.session != s {
		return nil
	}
	return &p.resources
}
