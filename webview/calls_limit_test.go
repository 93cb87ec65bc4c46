//go:build linux && cgo

package webview

import (
	"context"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
)

// callsAtLimit: a page that always has as many calls as Options.Pending lets, and calls on as soon
// as one is answered, is never refused.
func callsAtLimit(t *testing.T, o Options) {
	o.Engine.Pending = 4
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "double", func(_ context.Context, n int) (int, error) {
			return 2 * n, nil
		})
	})
	var wrong []string
	p.runLong(`
		const wrong = [];
		const calls = async (from) => {
			for (let n = from; n < from + 1500; n++) {
				try {
					const got = await tailrace.invoke('double', n);
					if (got !== 2 * n) wrong.push(n + ' gave ' + got);
				} catch (e) { wrong.push(n + ': ' + e); }
			}
		};
		await Promise.all(Array.from({ length: 8 }, (_, n) => calls(n * 10000)));
		return wrong.slice(0, 10);`, &wrong)
	if len(wrong) > 0 {
		t.Errorf("calls that failed: %v", wrong)
	}
}
