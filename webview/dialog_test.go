//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/gtk"
)

// dialogCase is something of WebKit's that waits for the user.
type dialogCase struct {
	name, page string // page is the body; what is clicked stands at its top left
	button     int    // that clicks; 0: the script opens it
	toplevel   bool   // it is a window of its own
}

var dialogCases = []dialogCase{
	{"print", `<button onclick="print()">`, 1, true},
	{"print from a script", `<script>asked(() => print())</script>`, 0, true},
	{
		"print again and again",
		`<script>asked(() => { for (let i = 0; i < 20; i++) print(); })</script>`, 0, true,
	},
	{
		"print of a frame",
		`<iframe srcdoc="frame" onload="asked(() => frames[0].print())"></iframe>`, 0, true,
	},
	{"file chooser", `<input type=file multiple>`, 1, true},
	{"folder chooser", `<input type=file webkitdirectory>`, 1, true},
	{"colour chooser", `<input type=color>`, 1, true},
	{"date chooser", `<input type=date>`, 1, false},
	{"datalist", `<input list=l><datalist id=l><option>a<option>b</datalist>`, 1, true},
	{"option menu", `<select><option>a<option>b</select>`, 1, true},
	{"context menu", `<p>text</p>`, 3, true},
	{"alert", `<script>asked(() => alert('stay'))</script>`, 0, false},
	{"confirm", `<script>asked(() => confirm('stay?'))</script>`, 0, false},
	{"prompt", `<script>asked(() => prompt('stay?', 'yes'))</script>`, 0, false},
	{
		"alert of a frame",
		`<iframe srcdoc="<script>parent.asked(() => alert('stay'))</script>"></iframe>`, 0, false,
	},
	{
		"beforeunload",
		`<button onclick="addEventListener('beforeunload', e => e.preventDefault());
			asked(() => { location.reload() })">`,
		1, false,
	},
	{"full screen", `<button onclick="document.body.requestFullscreen(); asked(() => {})">`, 1,
		false},
}

// dialogFiles gives a page for each case. Its function asked says that what it calls is about to be
// called.
func dialogFiles() fstest.MapFS {
	files := fstest.MapFS{"index.html": {Data: []byte(blank)}}
	for i, c := range dialogCases {
		files[fmt.Sprintf("%d.html", i)] = &fstest.MapFile{Data: []byte(`<!doctype html>
			<style>* { margin: 0 } body > * { display: block; width: 300px; height: 200px }</style>
			<script>function asked(f) { tailrace.invoke('asked').then(() =>
				setTimeout(f)) }</script>
			<body>` + c.page)}
	}
	return files
}

// open opens the window of a case, and what waits in it.
func (c dialogCase) open(app *App, asked <-chan string, label string) (*Window, error) {
	index := slices.Index(dialogCases, c)
	w, err := app.Open(WindowOptions{Label: label, URL: fmt.Sprintf("%d.html", index)})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience/2)
	defer cancel()
	if c.button > 0 {
		// Two frames later the page is on the screen.
		if _, err := w.EvalResult(ctx, `new Promise(f => requestAnimationFrame(() =>
			requestAnimationFrame(() => f(1))))`); err != nil {
			return nil, err
		}
		w.post(func() { w.gtk().Click(100, 100, c.button) })
	}
	if c.button == 0 || !c.toplevel && c.name != "date chooser" {
		select {
		case <-asked:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return w, nil
}

// What waits for the user ends with its window, however that ends, and leaves nothing on the
// screen.
func TestDialogsEnd(t *testing.T) {
	asked := make(chan string, 10)
	app := newApp(t, Options{KeepRunning: true, Assets: dialogFiles()}, handleAsked(asked))
	ends := map[string]func(*Window){"Destroy": (*Window).Destroy, "Close": (*Window).Close}
	for name, end := range ends {
		for _, c := range dialogCases {
			t.Run(name+"/"+c.name, func(t *testing.T) { dialogEnds(t, app, asked, c, end) })
		}
	}
}

// dialogEnds opens one, and ends its window.
func dialogEnds(t *testing.T, app *App, asked <-chan string, c dialogCase, end func(*Window)) {
	before := shown(t, app)
	w, err := c.open(app, asked, "dialog")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Destroy(); <-w.Done() })
	want := before + 1
	if c.toplevel {
		want++
	}
	until(t, app, want)
	end(w)
	wait(t, w.Done(), "the window's end")
	until(t, app, before)
}

func handleAsked(asked chan<- string) func(*transport.Engine) {
	return func(e *transport.Engine) {
		transport.Handle(e, "asked", func(ctx context.Context, _ none) (none, error) {
			asked <- Caller(ctx).Label()
			return none{}, nil
		})
	}
}

// shown counts what GTK shows.
func shown(t *testing.T, app *App) (n int) {
	t.Helper()
	if err := app.call(func() error { n = gtk.Toplevels(); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// until waits until GTK shows so many windows.
func until(t *testing.T, app *App, want int) {
	t.Helper()
	for end := time.Now().Add(patience / 3); ; time.Sleep(5 * time.Millisecond) {
		got := shown(t, app)
		if got == want {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d windows are shown, want %d", got, want)
		}
	}
}

// besideDialogs gives a scenario of TestRun: Run ends by what end does, while windows wait for the
// user.
func besideDialogs(end func(*App, []*Window) error) func() error {
	return func() error {
		asked := make(chan string, 10)
		app, err := New(Options{Assets: dialogFiles()})
		if err != nil {
			return err
		}
		handleAsked(asked)(app.Engine())
		failed := make(chan error, 1)
		go func() {
			failed <- func() error {
				var windows []*Window
				for _, c := range dialogCases {
					if c.button > 0 { // a menu has the pointer for itself
						continue
					}
					w, err := c.open(app, asked, fmt.Sprint("w", len(windows)))
					if err != nil {
						return err
					}
					windows = append(windows, w)
				}
				return end(app, windows)
			}()
		}()
		if err := app.Run(); err != nil {
			return err
		}
		return <-failed
	}
}

func init() {
	scenarios["Quit beside dialogs"] = besideDialogs(func(app *App, _ []*Window) error {
		app.Quit()
		return nil
	})
	scenarios["Shutdown beside dialogs"] = besideDialogs(func(app *App, _ []*Window) error {
		// A page that shows an alert takes nothing, so this says that something was not delivered.
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		if err := app.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return nil
	})
	scenarios["Shutdown beside a print dialog"] = func() error {
		asked := make(chan string, 10)
		app, err := New(Options{Assets: dialogFiles()})
		if err != nil {
			return err
		}
		handleAsked(asked)(app.Engine())
		failed := make(chan error, 1)
		go func() {
			if _, err := dialogCases[1].open(app, asked, "main"); err != nil {
				failed <- err
				return
			}
			failed <- app.Shutdown(context.Background())
		}()
		if err := app.Run(); err != nil {
			return err
		}
		return <-failed
	}
}
