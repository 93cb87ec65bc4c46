//go:build linux && cgo

package webview

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
	wv "github.com/webview/webview_go"
)

// attack is one case of a page that speaks the protocol by hand. After each the honest window must
// go on in its session, in order, the attacker must not have heard its secret or its session's id,
// and Go's memory must be bounded.
type attack struct {
	name    string
	carrier string // the only one that it is for; "": both
	want    string // what the outcome must match
	// the body of an async function: s is a session of its own, fresh, honest the id of the honest
	// window's; it returns the outcome
	script string
}

// attacks reads the cases of a file of testdata/hostile: each begins with the lines "//# name",
// maybe "//# carrier: c", and "//# want: regexp".
func attacks(t *testing.T, file string) []attack {
	t.Helper()
	text, err := os.ReadFile("testdata/hostile/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var all []attack
	var a *attack
	for line := range strings.Lines(string(text)) {
		head, is := strings.CutPrefix(line, "//# ")
		head = strings.TrimSuffix(head, "\n")
		switch carrier, forOne := strings.CutPrefix(head, "carrier: "); {
		case is && forOne:
			a.carrier = carrier
		case is && strings.HasPrefix(head, "want: "):
			a.want = strings.TrimPrefix(head, "want: ")
		case is:
			all = append(all, attack{name: head})
			a = &all[len(all)-1]
		case a != nil:
			a.script += line
		}
	}
	for _, a := range all {
		if a.want == "" || a.script == "" {
			t.Fatalf("%s: %q has no outcome or no script", file, a.name)
		}
	}
	return all
}

// Bounds of the sessions that are attacked.
const (
	hostileSession = 16 << 20
	hostileLanes   = 64
	hostilePending = 64
	hostileMessage = 1 << 20
	// hostileMemory is what the Go heap may grow by meanwhile: a session's bytes, the batches on
	// their way, and garbage.
	hostileMemory = 4 * hostileSession
	secret        = "the honest window's secret 4711"
)

// hostileApp is an app with an honest window, which counts along all the time, and an attacker's.
type hostileApp struct {
	t             *testing.T
	app           *App
	kind          CarrierKind
	honest, other *testPage
	session       *transport.Session // the honest one's
	secrets       atomic.Int64       // calls of the command that the attacker may not call
	files         fstest.MapFS
}

func openHostile(t *testing.T, kind CarrierKind) *hostileApp {
	t.Helper()
	rules, err := policy.Parse([]byte(`{"rules":[
		{"windows":["honest","visitor","framed","injected"],"origins":["*"],"allow":["*"]},
		{"windows":["hostile"],"origins":["*"],"allow":["command:*","channel:*","listen:*","emit:*",
			"eval"],"deny":["command:secret"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	h := &hostileApp{t: t, kind: kind, files: fstest.MapFS{
		"index.html": {Data: []byte(blank)}, "other.html": {Data: []byte(blank)},
		"abc.txt": {Data: []byte("a file of the app")}, "outsider.html": {},
		"strict.html": {Data: []byte(`<!doctype html><meta http-equiv="Content-Security-Policy"
			content="script-src 'self' 'unsafe-inline'">` + blank)},
	}}
	h.app = newApp(t, Options{
		Carrier: kind, Tauri: true, Assets: h.files, Policy: rules,
		Logger: slog.New(slog.DiscardHandler),
		Engine: transport.Options{
			SessionBytes: hostileSession, Lanes: hostileLanes, Pending: hostilePending,
			MaxMessage: hostileMessage, Window: 1 << 20,
		},
	}, h.commands)
	h.honest = openPage(t, h.app, WindowOptions{Label: "honest"})
	h.honest.run(`
		globalThis.seen = 0; globalThis.disorder = 0;
		const c = new tailrace.Channel();
		c.onmessage = (n) => { if (n !== seen++) disorder++; };
		tailrace.invoke('feed', { C: c }).catch(() => {});
		await tailrace.invoke('secret');`, nil)
	h.session = h.honest.Session()
	h.other = openAttacker(t, h.app, kind)
	return h
}

// commands are those of an app with something to lose.
func (h *hostileApp) commands(e *transport.Engine) {
	transport.Handle(e, "feed", func(ctx context.Context, a struct{ C *transport.Channel[int] }) (
		none, error) {
		for n := 0; ; n++ {
			if err := a.C.Send(ctx, n); err != nil {
				return none{}, err
			}
			select {
			case <-time.After(time.Millisecond):
			case <-ctx.Done():
				return none{}, ctx.Err()
			}
		}
	})
	transport.Handle(e, "secret", func(context.Context, none) (string, error) {
		h.secrets.Add(1)
		return secret, nil
	})
	transport.Handle(e, "echo", func(_ context.Context, v any) (any, error) { return v, nil })
	transport.Handle(e, "fail", func(_ context.Context, message string) (none, error) {
		return none{}, &transport.Error{Code: "fail", Message: message}
	})
	transport.Handle(e, "raw", func(_ context.Context, b []byte) (int, error) {
		return len(b), nil
	})
	transport.Handle(e, "hold", func(ctx context.Context, _ json.RawMessage) (none, error) {
		<-ctx.Done()
		return none{}, ctx.Err()
	})
	transport.Handle(e, "keep", func(_ context.Context, a struct{ C *transport.Channel[int] }) (
		none, error) {
		a.C.Keep()
		return none{}, nil
	})
	transport.Handle(e, "deaf", func(ctx context.Context, a struct {
		S *transport.Stream[int, []byte]
	}) (none, error) {
		<-ctx.Done()
		return none{}, ctx.Err()
	})
	transport.Handle(e, "sum", func(ctx context.Context, a struct {
		S *transport.Stream[int, []byte]
	}) (n int, err error) {
		for b, err := range a.S.All(ctx) {
			if err != nil {
				return n, err
			}
			n += 1 + len(b)
		}
		return n, nil
	})
}

// openAttacker opens a page that keeps the extension's functions from the client, and has the
// protocol at hand.
func openAttacker(t *testing.T, app *App, kind CarrierKind) *testPage {
	t.Helper()
	p := newTestPage(t)
	library, err := os.ReadFile("testdata/hostile/protocol.js")
	if err != nil {
		t.Fatal(err)
	}
	var own wv.WebView
	err = app.call(func() error {
		own = wv.New(false)
		if kind == CarrierShm {
			own.Init(
				`globalThis.keptMemory = globalThis.__tailrace_memory;
					delete globalThis.__tailrace_memory`)
		}
		own.Init(string(library))
		w, err := app.Attach("hostile", own)
		if err != nil {
			return err
		}
		p.follow(w)
		return w.Navigate("index.html")
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.shutDown()
		loop.call(func() error { own.Destroy(); return nil })
	})
	p.waitLoaded()
	return p
}

// heap is what lives on the Go heap, or is garbage that was not collected.
func heap() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// peak watches the heap until stop is closed, and gives its largest growth.
func peak(stop <-chan none) <-chan int64 {
	runtime.GC()
	before, most := heap(), make(chan int64, 1)
	go func() {
		largest := int64(0)
		for {
			select {
			case <-stop:
				most <- largest
				return
			case <-time.After(2 * time.Millisecond):
				largest = max(largest, heap()-before)
			}
		}
	}()
	return most
}

// undisturbed checks the honest window: the same session, no gap, and it goes on.
func (h *hostileApp) undisturbed(t *testing.T) {
	t.Helper()
	var before, after struct{ Seen, Disorder int }
	read := func(into any) { h.honest.run(`return { Seen: seen, Disorder: disorder }`, into) }
	read(&before)
	eventually(t, "the honest window to go on", func() bool {
		read(&after)
		return after.Seen > before.Seen+5
	})
	if after.Disorder != 0 {
		t.Errorf("the honest window has missed messages, or has them out of order")
	}
	if s := h.honest.Session(); s != h.session || s.Err() != nil {
		t.Errorf("the honest window's session has changed: %v", h.session.Err())
	}
}

// kept checks that nothing of the honest window has reached the attacker.
func (h *hostileApp) kept(t *testing.T) {
	t.Helper()
	var heard bool
	ids, err := json.Marshal([]string{secret, h.session.ID()})
	if err != nil {
		t.Fatal(err)
	}
	h.other.run(`return `+string(ids)+`.some((s) => hostile.heard().includes(s))`, &heard)
	if heard || h.secrets.Load() != 1 {
		t.Errorf(
			"the attacker has the honest window's data (%v), or had the command run (%d times)",
			heard, h.secrets.Load())
	}
}

// run makes the attack, and gives its row of the table.
func (h *hostileApp) run(t *testing.T, a attack) string {
	stop := make(chan none)
	most := peak(stop)
	var got string
	h.other.t = t
	h.other.runLong(`const honest = `+fmt.Sprintf("%q", h.session.ID())+`;
		const s = await hostile.hello();
		`+a.script, &got)
	h.undisturbed(t)
	h.kept(t)
	close(stop)
	grew := <-most
	if !regexp.MustCompile(a.want).MatchString(got) {
		t.Errorf("outcome %q, want %q", got, a.want)
	}
	if grew > hostileMemory {
		t.Errorf("the Go heap grew by %d MiB, the bound is %d MiB", grew>>20,
			int64(hostileMemory)>>20)
	}
	return fmt.Sprintf("| %v | %s | %s | %.1f |", h.kind, a.name, cell(got), float64(grew)/(1<<20))
}

// cell makes an outcome fit into a table.
func cell(s string) string {
	s = strings.NewReplacer("transport: closed: the page broke a rule of the protocol: wire: "+
		"rule broken: ", "", "|", "/", "\n", " ", `{"code":"`, "", `","message":"`, ": ", `"}`,
		"").Replace(s)
	if len(s) > 160 {
		s = s[:160] + "…"
	}
	return s
}

// TestHostile: no attack of a page gets data of another one, memory beyond the limits, or a crash,
// and another window notices nothing. With -v it prints a table of all cases.
func TestHostile(t *testing.T) {
	var table []string
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		t.Run(kind.String(), func(t *testing.T) {
			h := openHostile(t, kind)
			for _, file := range []string{"sessions.js", "accounts.js", "sizes.js", "floods.js",
				"functions.js"} {
				for _, a := range attacks(t, file) {
					if a.carrier != "" && a.carrier != kind.String() {
						continue
					}
					t.Run(a.name, func(t *testing.T) {
						h.honest.t = t
						table = append(table, h.run(t, a))
					})
					h.honest.t, h.other.t = h.t, h.t
				}
			}
			table = append(table, h.outsiders(t)...)
			table = append(table, h.scripts(t)...)
		})
	}
	if testing.Verbose() {
		fmt.Println("\n| carrier | attack | outcome | Go heap, MiB more |\n|---|---|---|---|\n" +
			strings.Join(table, "\n"))
	}
}
