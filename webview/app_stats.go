package webview

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/inspector"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// Stats are the figures of an App. They are meant to be printed as JSON, too.
type Stats struct {
	// Name and Version are Options.Name and Options.Version.
	Name    string `json:"name"`
	Version string `json:"version"`
	// Windows are the app's open windows in the order of their opening, without the inspector.
	Windows []WindowStats `json:"windows"`
	// Inspector says that the inspector is open. Its session is one of the engine's.
	Inspector bool                  `json:"inspector"`
	Engine    transport.EngineStats `json:"engine"`
	// Resumables are the engine's resumable channels, by name.
	Resumables []transport.ResumableStats `json:"resumables"`
	Bus        bus.Stats                  `json:"bus"`
}

// WindowStats are the figures of one window.
type WindowStats struct {
	Label string `json:"label"`
	// Session is what its page has, nil if none is connected: it loads, is of a foreign origin, or
	// is gone.
	Session *transport.SessionStats `json:"session"`
}

// Stats returns the app's figures. It looks at every open channel. Any goroutine may call it.
func (a *App) Stats() Stats {
	st := Stats{
		Name: a.options.Name, Version: a.options.Version, Windows: []WindowStats{},
		Inspector: len(a.inspector()) > 0, Engine: a.engine.Stats(),
		Resumables: a.engine.Resumables(), Bus: a.bus.Stats(),
	}
	for _, w := range a.Windows() {
		ws := WindowStats{Label: w.label}
		if s := w.Session(); s != nil {
			figures := s.Stats()
			ws.Session = &figures
		}
		st.Windows = append(st.Windows, ws)
	}
	return st
}

// ErrPublished is a name under which package expvar has a variable already.
var ErrPublished = errors.New("webview: expvar has a variable of that name already")

// publishing makes looking for a name and taking it one step for all Apps.
var publishing sync.Mutex

// PublishExpvar publishes the app's Stats as the variable of that name: a program that serves
// package expvar's page (net/http's /debug/vars) shows them there, as JSON. The figures are read
// when somebody asks. A variable can't be taken back, so that it keeps the App in memory, and shows
// its last figures after Run. Errors: ErrPublished, an empty name. Any goroutine may call it.
func (a *App) PublishExpvar(name string) (err error) {
	if name == "" {
		return errors.New("webview: an expvar variable needs a name")
	}
	publishing.Lock()
	defer publishing.Unlock()
	if expvar.Get(name) != nil {
		return fmt.Errorf("%w: %q", ErrPublished, name)
	}
	defer func() { // somebody else has taken it meanwhile
		if recover() != nil {
			err = fmt.Errorf("%w: %q", ErrPublished, name)
		}
	}()
	expvar.Publish(name, expvar.Func(func() any { return a.Stats() }))
	return nil
}

// The inspector is a window of the library's own that draws the app's figures. Its page is
// embedded, and gets them over a channel of a command that nobody else may call:
//
//   - The label is kept for it: no other window can have it.
//   - Its window is served the embedded page and nothing else of our origins, so that no page of
//     the app runs in it.
//   - The command asks whose window calls, which Go knows by the web view that the request came
//     from.
//   - The app's policy is not asked about the inspector, which the app has opened itself. It may do
//     nothing but this.

// InspectorLabel is the label of the inspector's window. No other window can have it.
const InspectorLabel = "tailrace-inspector"

// commandInspect gives the figures.
const commandInspect = "plugin:inspector|watch"

// inspectorPath is where the page lives, for the inspector's window only.
const inspectorPath = serving.ControlPath + "inspector/"

var inspectorFiles = sync.OnceValue(func() http.Handler {
	pages, err := serving.New(serving.Options{Assets: inspector.Page()})
	if err != nil {
		panic(err) // the options are ours
	}
	return pages.Files()
})

// OpenInspector opens a window that draws the app's figures live: of each window its carrier,
// events, commands, evals, memory and batches, of each channel what was sent and received, rate,
// depth, lag, and how long senders were blocked; of each resumable channel what it keeps and who
// reads it. While it is open this gives it the focus. The window gets the figures four times a
// second; an app that never opens it pays nothing.
//
// It is none of the app's windows: Window and Windows don't give it, its events are not heard,
// Options.MaxWindows does not count it, and an app ends when its last window is closed though the
// inspector is open, which is closed with it. Errors: those of Open.
func (a *App) OpenInspector() (*Window, error) {
	for {
		open := a.inspector()
		if len(open) > 0 {
			open[0].Focus()
			return open[0], nil
		}
		o := WindowOptions{
			Label: InspectorLabel, Title: a.options.Name + " – inspector",
			URL: Origin +
				inspectorPath,
			Width: 1180, Height: 760, inspector: true,
		}
		w, err := a.add(o, func(w *Window) error { return w.open(o) })
		if errors.Is(err, errTaken) && len(a.inspector()) > 0 {
			continue // another goroutine was first
		}
		return w, err
	}
}

// inspector gives the inspector's window, if it is open.
func (a *App) inspector() []*Window {
	a.windows.mu.Lock()
	defer a.windows.mu.Unlock()
	if a.windows.figures == nil || a.windows.figures.life.closed.Load() {
		return nil
	}
	return []*Window{a.windows.figures}
}

// inspectorPage answers a request of the inspector's window.
func inspectorPage(rw http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, inspectorPath) {
		http.NotFound(rw, r)
		return
	}
	http.StripPrefix(strings.TrimSuffix(inspectorPath, "/"), inspectorFiles()).ServeHTTP(rw, r)
}

// inspectorMay decides what the inspector may do, and that nobody else calls its command.
func inspectorMay(q transport.Permission) error {
	if q.Label == InspectorLabel && origin.IsOfScheme(q.Origin) && q.Name == commandInspect &&
		(q.Action == transport.ActionCommand || q.Action == transport.ActionChannel) {
		return nil
	}
	return q.Denied()
}

func registerInspector(a *App) {
	transport.Handle(a.engine, commandInspect, func(ctx context.Context, args struct {
		Figures *transport.Channel[inspector.Figures]
	}) (any, error) {
		if w := Caller(ctx); w == nil || !w.inspector || args.Figures == nil {
			s := transport.SessionFrom(ctx)
			return nil, transport.Permission{
				Label: s.Label(), Origin: s.Origin(), Action: transport.ActionCommand,
				Name: commandInspect,
			}.Denied()
		}
		return nil, inspector.Watch(ctx, args.Figures, a.inspection)
	})
}

// inspection reads the figures of the app's windows and of the resumable channels.
func (a *App) inspection() inspector.Figures {
	var shown []inspector.Shown
	for _, w := range a.Windows() {
		shown = append(shown, inspector.Shown{Label: w.label, Session: w.Session()})
	}
	f := inspector.Read(shown, a.engine.Resumables())
	f.Name, f.Version = a.options.Name, a.options.Version
	return f
}
