//go:build linux && cgo

package webview

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
)

// A command's events come before its result, also when the page calls it before it is ready.
func TestEventsBeforeResultWhileLoading(t *testing.T) {
	for name, program := range map[string]string{
		"awaited": `await tailrace.listen('e', e => got.push(e.payload));
			await tailrace.invoke('work'); atResult = got.length;`,
		"not awaited": `tailrace.listen('e', e => got.push(e.payload));
			await tailrace.invoke('work'); atResult = got.length;`,
	} {
		t.Run(name, func(t *testing.T) {
			var app *App
			app = newApp(
				t,
				Options{Assets: fstest.MapFS{"index.html": {Data: []byte(blank +
					`<script type=module>
				globalThis.got = []; globalThis.atResult = -1;` + program + `globalThis.done = true
					</script>`)}}}, func(e *transport.Engine) {
					transport.Handle(e, "work", func(context.Context, none) (none, error) {
						for i := range 3 {
							if err := app.Emit("e", i); err != nil {
								return none{}, err
							}
						}
						return none{}, nil
					})
				})
			p := openPage(t, app, WindowOptions{Label: "main"})
			eventually(t, "the page's end", func() bool {
				var d bool
				p.run(`return globalThis.done === true`, &d)
				return d
			})
			var n int
			p.run(`return atResult`, &n)
			if n != 3 {
				t.Errorf("the result came after %d of 3 events", n)
			}
		})
	}
}

// TestStartStandsStillForNothing: a page calls before it is ready, in each way that could have its
// readiness and what it has called wait for each other. Nothing takes as long as the bus's last
// resort.
func TestStartStandsStillForNothing(t *testing.T) {
	const hear = `const hear = () => tailrace.listen('e', () => {}); `
	programs := map[string]string{
		"one-tick": `await Promise.all([hear(), tailrace.emit('e', 1)])`,
		"emit-awaited": `await tailrace.emit('e', 1); await hear(); await tailrace.once('e', () =>
			{});
			(await hear())()`,
		"to-itself":    `hear(); await tailrace.currentWindow().emit('e', new Uint8Array(9))`,
		"invoke":       `hear(); await tailrace.invoke('work'); await hear()`,
		"invoke-first": `await tailrace.invoke('work'); await hear()`,
	}
	files := fstest.MapFS{}
	for name, program := range programs {
		for _, ready := range []string{"auto", "manual"} {
			last := ""
			if ready == "manual" {
				last = `; await tailrace.ready()`
			}
			files[ready+"-"+name+".html"] = &fstest.MapFile{Data: []byte(
				`<!doctype html><html data-tailrace-ready=` + ready + `><script type=module>` +
					hear +
					`const began = performance.now(); ` + program + last +
					`; globalThis.took = performance.now() - began</script>`,
			)}
		}
	}
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		t.Run(kind.String(), func(t *testing.T) {
			app := newApp(t, Options{Assets: files, Carrier: kind}, func(e *transport.Engine) {
				transport.Handle(e, "work", func(ctx context.Context, _ none) (none, error) {
					return none{}, Caller(ctx).Emit("e", 1)
				})
			})
			for name := range files {
				page := strings.TrimSuffix(name, ".html")
				p := openPage(t, app, WindowOptions{Label: page, URL: name})
				var took float64
				eventually(t, page+"'s end", func() bool {
					p.run(`return globalThis.took ?? 0`, &took)
					return took > 0
				})
				if took > 1500 {
					t.Errorf("%s took %.0f ms", page, took)
				}
				t.Logf("%s: %.0f ms", page, took)
			}
		})
	}
}
