//go:build linux && cgo

package webview

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/internal/builtin"
	"github.com/tailrace-go/tailrace/transport"
)

// floodValues are the values of commands that need one, with which they change something each time.
var floodValues = map[string]string{
	"set_title":            `'title ' + n + 'x'.repeat(4000)`,
	"set_size":             `{ Logical: { width: 300 + n % 50, height: 300 } }`,
	"set_min_size":         `{ Logical: { width: n % 50, height: 9 } }`,
	"set_max_size":         `{ Logical: { width: 900 + n % 50, height: 900 } }`,
	"set_size_constraints": `{ minWidth: { Logical: n % 50 } }`,
	"set_theme":            `n % 2 ? 'dark' : 'light'`,
	"set_position":         `{ Logical: { x: n % 50, y: 9 } }`,
	"set_cursor_position":  `{ Logical: { x: n % 50, y: 9 } }`, "start_resize_dragging": `'South'`,
	"set_background_color": `[n % 256, 2, 3]`, "set_webview_background_color": `[n % 256, 2, 3]`,
	"set_webview_zoom": `1 + n % 2`, "request_user_attention": `n % 2 ? {} : null`,
}

// floodArgs gives the arguments of the n-th call of a command.
func floodArgs(name string) string {
	_, short, _ := strings.Cut(name, "|")
	value, ok := floodValues[short]
	if !ok {
		value = `n % 2 === 1`
	}
	label := ``
	switch short {
	case "close", "destroy":
		label = `label: 'victim',`
	}
	return `{ ` + label + ` value: ` + value + `, theme: n % 2 ? 'dark' : 'light',
		paths: ['a', '../b', 'c/d'],
		options: { label: 'flood-' + n, parent: 'flood', title: 'x' }, path: '/a/b.c',
		rid: 1, directory: 1,
		x: 1, y: 1, event: 'told', target: 'flood', sub: n + 1, payload: n, name: 'told' }`
}

// flood has the page call a command so many times as fast as it can, without awaiting. It gives how
// long that took, and how many calls were answered, by their error's code or ok.
func (p *testPage) flood(name string, times int) (took time.Duration, answered map[string]int) {
	p.t.Helper()
	var got struct {
		Took  float64
		Codes map[string]int
	}
	p.run(fmt.Sprintf(`
		const { invoke } = tailrace, codes = {}, name = %q, times = %d, begin = performance.now();
		const { port1, port2 } = new MessageChannel();
		const turn = () => new Promise((resolve) => {
			port1.onmessage = resolve;
			port2.postMessage(0);
		});
		const count = (code) => { codes[code] = (codes[code] ?? 0) + 1 };
		let sent = 0;
		while (sent < times) {
			for (let i = 0; i < 100; i++) {
				const n = sent++;
				invoke(name, %s).then(() => count('ok'), (e) => count(e.code));
			}
			await turn();
		}
		return { took: performance.now() - begin, codes }`, name, times, floodArgs(name)), &got)
	return time.Duration(got.Took * float64(time.Millisecond)), got.Codes
}

// framesSeen gives the number of frames of a page since it was asked last, and the longest time
// between two of them.
func (p *testPage) framesSeen() (n int, gap time.Duration) {
	p.t.Helper()
	var got struct {
		N   int
		Gap float64
	}
	p.run(`
		if (!globalThis.frames_) {
			globalThis.frames_ = { n: 0, gap: 0, last: performance.now() };
			const each = () => {
				const now = performance.now();
				frames_.n++;
				frames_.gap = Math.max(frames_.gap, now - frames_.last);
				frames_.last = now;
				requestAnimationFrame(each);
			};
			requestAnimationFrame(each);
		}
		const { n, gap, last } = frames_;
		frames_.n = frames_.gap = 0;
		return { n, gap: Math.max(gap, performance.now() - last) }`, &got)
	return got.N, time.Duration(got.Gap * float64(time.Millisecond))
}

// drawsNow waits until the page has a frame, and counts from then on.
func (p *testPage) drawsNow(t *testing.T) {
	t.Helper()
	p.framesSeen()
	eventually(t, "a frame", func() bool { n, _ := p.framesSeen(); return n > 0 })
}

// framesGoOn is framesSeen since something began in another window, as text. It fails if the frames
// did not go on.
func (p *testPage) framesGoOn(t *testing.T, name string) string {
	t.Helper()
	n, gap := p.framesSeen()
	if gap > longestFrame {
		t.Errorf("%s: %v between two frames of another window", name, gap)
	}
	return fmt.Sprintf("%d frames, %v apart at most", n, gap.Round(time.Millisecond))
}

// longestFrame bounds the time between two frames of a window beside a flood. It is for machines
// that are busy otherwise: the figure is printed.
const longestFrame = 3 * time.Second

// floodAnswer bounds the UI thread's answers beside a flood of commands: when all of them got to
// it, 20,000 took it four seconds.
const floodAnswer = time.Second

// TestFloodOfEachCommand: a page that calls a command of the table as fast as it can costs other
// windows neither their streams nor their frames, and neither the UI thread nor the heap more than
// a bound. What has a price is done no more often than that allows.
func TestFloodOfEachCommand(t *testing.T) {
	everyWay(t, func(t *testing.T, way way) {
		heavy := []string{
			"plugin:window|toggle_maximize", "plugin:window|set_title", "plugin:window|title",
			"plugin:path|resolve",
		}
		some := heavy
		if way.kind == CarrierShm && !way.dev || verifying {
			some = builtin.Names()
		}
		b := openBeside(t, way, Options{Tauri: true, CloseTimeout: -1}, nil)
		t.Cleanup(func() { loop.SetTheme(ThemeSystem) })
		watcher := openPage(t, b.App, WindowOptions{Label: "watcher", Width: 300, Height: 200})
		p := openPage(t, b.App, WindowOptions{Label: "flood", Width: 300, Height: 200})
		_, err := transport.NewResumable[int](b.Engine(), "told", transport.ResumableOptions{})
		if err != nil {
			t.Fatal(err)
		}
		b.answer = floodAnswer
		for _, name := range some {
			times := 20_000
			if !slices.Contains(heavy, name) && !verifying {
				times = 500
			}
			if b.Window("victim") == nil {
				openPage(t, b.App, WindowOptions{Label: "victim", Width: 300, Height: 200})
			}
			watcher.framesSeen()
			b.during(t, name, func() string {
				took, answered := p.flood(name, times)
				cost := prices[builtin.Named(name).Price]
				if done := answered["ok"]; cost.burst > 0 && done > cost.burst+1+
					int(took/cost.each) {
					t.Errorf("%s is done %d times within %v; its price: %d at once, one each %v",
						name,
						done, took, cost.burst, cost.each)
				}
				return fmt.Sprintf("%d calls in %v, answered %v; %s", times,
					took.Round(time.Millisecond), answered, watcher.framesGoOn(t, name))
			})
			for _, w := range b.Windows() { // that it has opened
				if strings.HasPrefix(w.Label(), "flood-") {
					w.Destroy()
					wait(t, w.Done(), "the end of a window that the page has opened")
				}
			}
			// What it still waits for ends with the page.
			session := p.Session()
			p.Reload()
			p.waitLoaded()
			wait(t, session.Done(), "the end of the session that floods")
			p.Show()
			p.Unmaximize()
			p.SetFullscreen(false)
		}
	})
}

// TestRequestsOfForeignFrames says what requests of a foreign frame cost: nothing of them is
// kept, other windows go on, and the UI thread answers.
func TestRequestsOfForeignFrames(t *testing.T) {
	everyWay(t, func(t *testing.T, way way) {
		b := openBeside(t, way, Options{Tauri: true}, nil)
		watcher := openPage(t, b.App, WindowOptions{Label: "watcher", Width: 300, Height: 200})
		p := openPage(t, b.App, WindowOptions{Label: "flood", Width: 300, Height: 200})
		for name, once := range map[string]string{
			"fetches of a foreign frame": `
				fetch('` + Origin + `/abc.txt', { mode: 'no-cors' }).then(count, count)`,
			"fetches of a foreign frame, of our paths": `
				fetch('` + Origin + `/.tailrace/hello', { method: 'POST', mode: 'no-cors' })
					.then(count, count)`,
		} {
			watcher.framesSeen()
			b.during(t, name, func() string {
				got := p.foreignFrame(t,
					`let answered = 0, sent = 0; const count = () => { answered++ };
					const { port1, port2 } = new MessageChannel();
					const turn = () => new Promise((resolve) => {
						port1.onmessage = resolve;
						port2.postMessage(0);
					});
					const end = performance.now() + 500;
					while (performance.now() < end) {
						for (let i = 0; i < 50; i++) { sent++; `+once+` }
						await turn();
					}
					return sent + ' sent, ' + answered + ' answered within half a second'`)
				return got + "; " + watcher.framesGoOn(t, name)
			})
		}
	})
}

// quitBesideFlood is a program that is told to end while its page calls without end.
func quitBesideFlood(name, args string) func() error {
	return func() error {
		page := blank + `<script>
			let n = 0;
			const flood = () => {
				for (let i = 0; i < 500; i++, n++) {
					tailrace.invoke('` + name + `', ` + args + `).catch(() => {});
				}
			};
			addEventListener('load', async () => {
				await tailrace.invoke('loaded');
				setInterval(flood, 0);
			});
		</script>`
		app, loaded, err := scenarioAppOf(Options{
			Tauri: true, Assets: fstest.MapFS{"index.html": {Data: []byte(page)}},
		})
		if err != nil {
			return err
		}
		if _, err := app.Open(WindowOptions{}); err != nil {
			return err
		}
		quit := make(chan time.Time, 1)
		go func() {
			<-loaded
			<-time.After(time.Second)
			quit <- time.Now()
			app.Quit()
		}()
		if err := app.Run(); err != nil {
			return err
		}
		if took := time.Since(<-quit); took > patience/2 {
			return fmt.Errorf("Run ended %v after Quit", took)
		}
		return nil
	}
}

func init() {
	for _, short := range []string{"toggle_maximize", "set_title", "title"} {
		name := "plugin:window|" + short
		scenarios["Quit beside a flood of "+short] = quitBesideFlood(name, floodArgs(name))
	}
}

// TestFloodValuesAreOfCommands: what is flooded with a value is there.
func TestFloodValuesAreOfCommands(t *testing.T) {
	names := builtin.Names()
	for short := range floodValues {
		if !slices.ContainsFunc(names, func(n string) bool {
			return strings.HasSuffix(n, "|"+short)
		}) {
			t.Errorf("there is no command %s", short)
		}
	}
}
