//go:build linux && cgo

package webview

import (
	"fmt"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// TestRefusedBodiesAreNotHeld: of the large bodies of events that a page may not emit Go holds next
// to nothing, since the policy is asked before they have come.
func TestRefusedBodiesAreNotHeld(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		rules := &refusing{}
		rules.set(transport.Permission{Action: transport.ActionEmit, Name: "secret"})
		b := openBeside(t, w, Options{Policy: rules}, nil)
		// Four bodies have 96 MiB; of each a window of 4 MiB may come before it is refused.
		b.heap = 48 << 20
		p := openPage(t, b.App, WindowOptions{Label: "other"})
		b.during(t, "events of 24 MiB that may not be emitted", func() string {
			var got string
			p.run(fmt.Sprintf(`const codes = {}, body = new Uint8Array(24 << 20);
				const count = (code) => { codes[code] = (codes[code] ?? 0) + 1 };
				for (let round = 0; round < 5; round++) {
					const calls = [];
					for (let i = 0; i < 4; i++) {
						calls.push(tailrace.invoke(%q, body,
							{ headers: { 'tailrace-event': 'secret' } })
							.then(() => count('ok'), (e) => count(e.code)));
					}
					await Promise.all(calls);
				}
				return JSON.stringify(codes)`, bus.CommandEmitBytes), &got)
			if want := `{"denied":20}`; got != want {
				t.Errorf("they were answered %s, want %s", got, want)
			}
			return got
		})
	})
}
