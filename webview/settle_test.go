//go:build linux && cgo

package webview

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
)

// A command's events come before its result, also when the page calls it before it is ready.
func TestEventsBeforeResultWhileLoading(t *testing.T) {
	for name, program := range map[string]string{
		"awaited":     `await tailrace.listen('e', e => got.push(e.payload)); await tailrace.invoke('work'); atResult = got.length;`,
		"not awaited": `tailrace.listen('e', e => got.push(e.payload)); await tailrace.invoke('work'); atResult = got.length;`,
	} {
		t.Run(name, func(t *testing.T) {
			var app *App
			app = newApp(t, Options{Assets: fstest.MapFS{"index.html": {Data: []byte(blank + `<script type=module>
				globalThis.got = []; globalThis.atResult = -1;` + program + `globalThis.done = true</script>`)}}}, func(e *transport.Engine) {
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
			eventually(t, "the page's end", func() bool { var d bool; p.run(`return globalThis.done === true`, &d); return d })
			var n int
			p.run(`return atResult`, &n)
			if n != 3 {
				t.Errorf("the result came after %d of 3 events", n)
			}
		})
	}
}
