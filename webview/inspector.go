package webview

import (
	"context"
	"errors"
	"net/http"
	"runtime/metrics"
	"strings"
	"sync"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/inspector"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/serving"
)

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

// inspectorPace is the time between two sets of figures, maxInspected how many channels they list,
// and how many resumable ones with their readers.
const (
	inspectorPace = 250 * time.Millisecond
	maxInspected  = 500
)

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
			Label: InspectorLabel, Title: a.options.Name + " – inspector", URL: Origin +
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
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.figures == nil || a.figures.closed.Load() {
		return nil
	}
	return []*Window{a.figures}
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
		Figures *transport.Channel[inspection]
	}) (any, error) {
		if w := Caller(ctx); w == nil || !w.inspector || args.Figures == nil {
			s := transport.SessionFrom(ctx)
			return nil, transport.Permission{
				Label: s.Label(), Origin: s.Origin(), Action: transport.ActionCommand,
				Name: commandInspect,
			}.Denied()
		}
		return nil, a.inspect(ctx, args.Figures)
	})
}

// inspect sends figures until the page is gone.
func (a *App) inspect(ctx context.Context, to *transport.Channel[inspection]) error {
	if err := to.Configure(transport.ChannelOptions{OnFull: transport.Latest}); err != nil {
		return err
	}
	t := time.NewTicker(inspectorPace)
	defer t.Stop()
	for {
		if err := to.Send(ctx, a.inspection()); err != nil {
			return err
		}
		select {
		case <-t.C:
		case <-to.Done():
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// inspection is what the page draws.
type inspection struct {
	Name    string            `json:"name"`
	Version string            `json:"version"`
	Heap    uint64            `json:"heap"` // of the Go process
	Windows []inspectedWindow `json:"windows"`
	// Resumables are the resumable channels, MoreResumables how many are not listed.
	Resumables     []inspectedResumable `json:"resumables"`
	MoreResumables int                  `json:"moreResumables"`
}

type inspectedWindow struct {
	WindowStats
	Channels []transport.ChannelStats `json:"channels"`
	// More is how many channels are not listed.
	More int `json:"more"`
}

// inspectedResumable is a resumable channel; of its readers some may not be listed.
type inspectedResumable struct {
	transport.ResumableStats
	// Attached is how many readers there are, Lag that of the one farthest behind.
	Attached int    `json:"attached"`
	Lag      uint64 `json:"lag"`
}

// inspectResumables lists channels with their readers, maxInspected of both together, and says how
// many channels are left over.
func inspectResumables(all []transport.ResumableStats) (listed []inspectedResumable, more int) {
	listed = []inspectedResumable{}
	room := maxInspected
	for _, st := range all {
		if room == 0 {
			break
		}
		i := inspectedResumable{ResumableStats: st, Attached: len(st.Readers)}
		for _, r := range st.Readers {
			i.Lag = max(i.Lag, r.Lag)
		}
		room--
		i.Readers = st.Readers[:min(room, len(st.Readers))]
		room -= len(i.Readers)
		listed = append(listed, i)
	}
	return listed, len(all) - len(listed)
}

// inspection reads the figures of the app's windows and of the resumable channels.
func (a *App) inspection() inspection {
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	f := inspection{
		Name: a.options.Name, Version: a.options.Version, Heap: heap[0].Value.Uint64(),
		Windows: []inspectedWindow{},
	}
	room := maxInspected
	for _, w := range a.Windows() {
		i := inspectedWindow{
			WindowStats: WindowStats{Label: w.label}, Channels: []transport.ChannelStats{},
		}
		if s := w.Session(); s != nil {
			figures := s.Stats()
			i.Session = &figures
			for c := range s.Channels() {
				if room == 0 {
					i.More = max(0, s.Stats().Lanes-len(i.Channels))
					break
				}
				i.Channels = append(i.Channels, c)
				room--
			}
		}
		f.Windows = append(f.Windows, i)
	}
	f.Resumables, f.MoreResumables = inspectResumables(a.engine.Resumables())
	return f
}
