//go:build linux && cgo

package snippets

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/examples/internal/exampletest"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

func TestMain(m *testing.M) { exampletest.Main(m, webview.New) }

// Each program has its effect in a real page: ours, and the documents' where they are.
func TestPrograms(t *testing.T) {
	t.Parallel()
	all := sources(t)
	scripts := stripTypes(t, all)
	for i, s := range all {
		t.Run(s.name, func(t *testing.T) {
			s.effect(newRun(t, s, scripts[i]))
		})
	}
}

// patience bounds every wait: far more than a page needs.
const patience = 30 * time.Second

// programPage runs the program as a module and keeps what the console gets, and errors that nobody
// caught. Its second module tells when the first has run: one file is one module, however often it
// is imported.
const programPage = `<!doctype html>
<meta charset="utf-8">
<script>
  localStorage.clear();
  globalThis.lines = [];
  const { log } = console;
  console.log = (...values) => { lines.push(values.join(' ')); log(...values); };
  addEventListener('error', (event) => lines.push('uncaught: ' + event.message));
  addEventListener('unhandledrejection', (event) => lines.push('unhandled: ' + event.reason));
</script>
<script type="module" src="program.js"></script>
<script type="module">globalThis.ran = import('./program.js').then(() => 'ran');</script>
`

// run is one program and the app whose page runs it.
type run struct {
	*testing.T
	source
	app    *webview.App
	window *webview.Window
	asked  asked
}

func newRun(t *testing.T, s source, script string) *run {
	t.Helper()
	r := &run{T: t, source: s}
	var err error
	r.app, err = webview.New(webview.Options{
		Assets: fstest.MapFS{
			"program.html": {Data: []byte(programPage)},
			"program.js":   {Data: []byte(script)},
			"index.html": {
				Data: []byte(`<!doctype html><meta charset="utf-8"><title>new</title>`),
			},
		},
		ImportMap: true,
		Policy:    &r.asked,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// open opens the page and returns when the program has run to its end.
func (r *run) open() {
	r.Helper()
	var err error
	if r.window, err = r.app.Open(webview.WindowOptions{URL: "program.html"}); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		for _, w := range r.app.Windows() {
			exampletest.Close(w)
		}
	})
	r.has(r.window, "ran", `"ran"`)
}

// has checks the value of an expression in a page, which sees everything that was emitted to it
// before.
func (r *run) has(w *webview.Window, js, want string) {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	got, err := w.EvalResult(ctx, js)
	if err != nil || string(got) != want {
		r.Errorf("%s is %s (%v), not %s", js, got, err, want)
	}
}

// printed checks what the page's console got, and that no error was left.
func (r *run) printed(want ...string) {
	r.Helper()
	text, err := json.Marshal(append([]string{}, want...))
	if err != nil {
		r.Fatal(err)
	}
	r.has(r.window, "lines", string(text))
}

// ok fails the test for an error.
func (r *run) ok(err error) {
	r.Helper()
	if err != nil {
		r.Error(err)
	}
}

// subscribed checks how many listeners Go knows of the page, now that it has run everything that
// was emitted.
func (r *run) subscribed(want int) {
	r.Helper()
	r.has(r.window, "null", "null") // the page has handled what was emitted, and answered
	deadline := time.Now().Add(patience)
	for r.page().Subscriptions != want {
		if time.Now().After(deadline) {
			r.Errorf("the page has %d listeners in Go, not %d", r.page().Subscriptions, want)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func (r *run) page() bus.WindowStats {
	for _, w := range r.app.Bus().Stats().Windows {
		if w.Label == "main" {
			return w
		}
	}
	return bus.WindowStats{}
}

// permissions checks what the page needed a permission for, in that order.
func (r *run) permissions(want ...string) {
	r.Helper()
	r.asked.mu.Lock()
	defer r.asked.mu.Unlock()
	if !slices.Equal(r.asked.all, want) {
		r.Errorf("the page asked for %q, not %q", r.asked.all, want)
	}
}

// hear gives the payloads of an event as a listener in Go for that target hears them.
func (r *run) hear(target bus.Target, name string) <-chan string {
	r.Helper()
	heard := make(chan string, 16)
	_, err := r.app.Bus().Listen(target, name, func(e bus.Event) { heard <- string(e.Payload) })
	if err != nil {
		r.Fatal(err)
	}
	return heard
}

// next checks the payload of the next event.
func (r *run) next(heard <-chan string, want string) {
	r.Helper()
	select {
	case got := <-heard:
		if got != want {
			r.Errorf("heard %s, not %s", got, want)
		}
	case <-time.After(patience):
		r.Errorf("%s did not come", want)
	}
}

// asked is a policy that allows everything and notes what a page asks for.
type asked struct {
	mu  sync.Mutex
	all []string
}

func (a *asked) Check(p transport.Permission) error {
	if p.Action != transport.ActionEval {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.all = append(a.all, p.Label+" "+p.String())
	}
	return nil
}
