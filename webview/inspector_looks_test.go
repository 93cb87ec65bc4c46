//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// What a program with the inspector does, in a process of its own: see TestRun.
func init() {
	scenarios["the inspector does not keep Run"] = func() error {
		app, loaded, err := scenarioApp()
		if err != nil {
			return err
		}
		w, err := app.Open(WindowOptions{})
		if err != nil {
			return err
		}
		inspector, err := app.OpenInspector()
		if err != nil {
			return err
		}
		go func() {
			<-loaded
			w.Close()
		}()
		if err := app.Run(); err != nil {
			return err
		}
		<-inspector.Done()
		if _, err := app.OpenInspector(); !errors.Is(err, ErrClosed) {
			return fmt.Errorf("OpenInspector after Run: %v", err)
		}
		return nil
	}
	scenarios["closing the inspector does not end Run"] = func() error {
		app, loaded, err := scenarioApp()
		if err != nil {
			return err
		}
		w, err := app.Open(WindowOptions{})
		if err != nil {
			return err
		}
		inspector, err := app.OpenInspector()
		if err != nil {
			return err
		}
		early := make(chan bool, 1)
		go func() {
			<-loaded
			inspector.Destroy()
			<-inspector.Done()
			early <- app.call(func() error { return nil }) != nil || w.life.closed.Load()
			w.Close()
		}()
		if err := app.Run(); err != nil {
			return err
		}
		if <-early {
			return errors.New("the app ended with the inspector")
		}
		return nil
	}
}

// TestInspectorLooks draws what an inspector may have to: nothing, a flood, a hundred channels with
// long names. With TAILRACE_PICTURES, a directory, it leaves the pictures there.
func TestInspectorLooks(t *testing.T) {
	const many = 100
	long := strings.Repeat("a_command_with_a_long_name_", 8)
	f := &feed{size: 4000}
	app := newApp(t, Options{Name: "Hydro plant", Version: "1.4.0"}, func(e *transport.Engine) {
		f.register(e, "camera")
		f.register(e, "archive")
		transport.Handle(e, "ping", func(context.Context, none) (any, error) { return nil, nil })
		for _, name := range []string{"telemetry", "log", "alarms", long} {
			transport.Handle(e, name, func(ctx context.Context, a struct {
				C   *transport.Stream[[]byte, []byte]
				Gap int
			}) (any, error) {
				a.C.Keep()
				go func() {
					tick := time.NewTicker(time.Duration(a.Gap) * time.Millisecond)
					defer tick.Stop()
					for n := 0; a.C.Err() == nil; n++ {
						if a.C.Send(context.Background(), make([]byte, 200+150*(n/40%5))) != nil {
							return
						}
						<-tick.C
					}
				}()
				go func() {
					for range a.C.All(context.Background()) {
					}
				}()
				return nil, nil
			})
		}
	})
	inspector := openInspector(t, app)
	overflow := func(state string) {
		t.Helper()
		var wide bool
		inspector.run(`return document.documentElement.scrollWidth > innerWidth`, &wide)
		if wide {
			t.Errorf("%s: the page is wider than its window", state)
		}
	}
	colours := func(name string) int {
		t.Helper()
		m, err := inspector.Screenshot(testContext(t))
		if err != nil {
			t.Fatal(err)
		}
		picture(t, name, m)
		return accented(m)
	}
	idle := colours("inspector-empty")
	overflow("idle")
	page := openPage(t, app, WindowOptions{Label: "main"})
	other := openPage(t, app, WindowOptions{Label: "control-room"})
	watch := func(p *testPage, name string, gap, n int) {
		p.run(fmt.Sprintf(`globalThis.kept ??= [];
			await Promise.all(Array.from({ length: %d }, () => {
				const c = new tailrace.Channel(() => {}); kept.push(c); return tailrace.invoke(%q, {
				c, gap: %d }) }))`, n, name, gap), nil)
	}
	page.run(`await tailrace.invoke('ping')`, nil)
	inspector.drawn()
	colours("inspector-idle")
	done := page.reads("camera")
	page.start(
		`globalThis.unread = new tailrace.Channel(); await tailrace.invoke('archive', {
			c: unread })`)
	eventually(t, "a sender that waits", func() bool {
		return page.Session().Stats().Channels.Waiting > 0
	})
	watch(page, "telemetry", 10, 4)
	watch(page, "log", 500, 1)
	watch(other, "alarms", 100, 2)
	resumable := func(name string, messages int) *transport.Resumable[string] {
		r, err := transport.NewResumable[string](app.Engine(), name, transport.ResumableOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for n := range messages {
			if err := r.TrySend(fmt.Sprintf(`{"gauge":%d,"level":%d}`, n, n*n%997)); err != nil {
				t.Fatal(err)
			}
		}
		return r
	}
	resumable("readings", 20_000)
	resumable("audit", 0).Close()
	// it reads none
	page.run(`globalThis.readings = await tailrace.resume('readings', { from: 'oldest' })`, nil)
	other.run(
		`globalThis.readings = await tailrace.resume('readings', { observer: true });
			readings.onmessage = () => {}`, nil)
	page.run(`await tailrace.listen('tick', () => {})`, nil)
	page.ready()
	page.run(
		`setInterval(() => kept[0].trySend(new Uint8Array(64)), 50); for (let i = 0; i < 40;
			i++) await tailrace.invoke('ping')`, nil)
	for i := range 12 {
		_ = app.Emit("tick", i)
		_ = page.Eval(`0`)
	}
	settle := 4
	if os.Getenv("TAILRACE_PICTURES") != "" {
		settle = 30
	}
	for range settle {
		inspector.drawn()
	}
	if busy := colours("inspector-flood"); busy <= idle {
		t.Errorf(
			"%d pixels in the accent colour under a flood, %d at rest: the lines are not drawn",
			busy, idle)
	}
	overflow("flood")
	var blocked string
	inspector.run(
		`return document.querySelector('[data-figure=blocked].warm')?.textContent ?? 'none'`,
		&blocked)
	if blocked == "none" || blocked == "–" {
		t.Errorf("a sender that waits is drawn as %q", blocked)
	}
	app.SetTheme(ThemeDark)
	eventually(t, "the dark look", func() (dark bool) {
		inspector.run(`return matchMedia('(prefers-color-scheme: dark)').matches`, &dark)
		return dark
	})
	inspector.drawn()
	colours("inspector-dark")
	app.SetTheme(ThemeSystem)
	f.stop.Store(true)
	page.run(`unread.close()`, nil)
	page.decode(waitLong(t, done), nil)
	watch(openPage(t, app, WindowOptions{Label: "long/" + strings.Repeat("north-", 30)}), long, 100,
		1)
	resumable(long, 1)
	inspector.run(`const main = document.querySelector('main'); main.scrollTop = main.scrollHeight`,
		nil)
	inspector.drawn()
	colours("inspector-long")
	overflow("long names")
	inspector.run(`document.querySelector('main').scrollTop = 0`, nil)
	watch(page, "telemetry", 50, many)
	inspector.drawn()
	var rows struct{ Rows, Content, Room int }
	inspector.run(`const main = document.querySelector('main');
		return { Rows: document.querySelectorAll('[data-window=main] tbody tr').length,
			Content: main.scrollHeight, Room: main.clientHeight }`, &rows)
	if open := page.Session().Stats().Lanes; rows.Rows != open || open < many ||
		rows.Content <= rows.Room {
		t.Errorf("%+v for %d channels", rows, open)
	}
	overflow("many")
	for range settle / 4 {
		inspector.drawn()
	}
	colours("inspector-many")
	inspector.run(`document.querySelector('main').scrollTop = 1200`, nil)
	inspector.drawn()
	colours("inspector-scrolled")
}

// picture keeps a picture where the environment says.
func picture(t *testing.T, name string, m image.Image) {
	t.Helper()
	directory := os.Getenv("TAILRACE_PICTURES")
	if directory == "" {
		return
	}
	f, err := os.Create(filepath.Join(directory, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
}

// accented counts the pixels whose colour is about the accent's, light or dark: more green and blue
// than red.
func accented(m image.Image) int {
	n := 0
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			if r, g, b, _ := m.At(x, y).RGBA(); g > r+0x3000 && b > r+0x3000 {
				n++
			}
		}
	}
	return n
}
