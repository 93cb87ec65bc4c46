//go:build linux && cgo

package webview

import (
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// tick is the time between two messages to the witness.
const tick = 5 * time.Millisecond

// longestGap is the longest pause that the witness may see. It is for machines that are busy
// otherwise: the figure is printed.
const longestGap = 5 * time.Second

// witness is a window to whose neighbour something happens: its stream has to go on as if nothing
// had.
type witness struct {
	*testPage
	session *transport.Session
	stop    chan none
	sent    chan int // how many messages, at the end
}

// register registers the witness's command.
func (w *witness) register(e *transport.Engine) {
	type args struct{ Channel *transport.Channel[[]byte] }
	w.stop, w.sent = make(chan none), make(chan int, 1)
	transport.Handle(e, "ticks", func(ctx context.Context, a args) (int, error) {
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		m := make([]byte, 128)
		for n := 0; ; n++ {
			select {
			case <-w.stop:
				w.sent <- n
				return n, nil
			case <-ticker.C:
			}
			binary.LittleEndian.PutUint32(m, uint32(n))
			if err := a.Channel.Send(ctx, m); err != nil {
				return n, err
			}
		}
	})
}

// begin opens the window and its stream.
func (w *witness) begin(t *testing.T, app *App) {
	t.Helper()
	w.testPage = openPage(t, app, WindowOptions{Label: "witness", URL: "other.html"})
	w.run(`globalThis.seen = { n: 0, error: '', gap: 0, last: 0, result: -1 };
		await new Promise((resolve) => {
			const channel = new tailrace.Channel((m) => {
				const n = new DataView(m.buffer, m.byteOffset).getUint32(0, true),
					now = performance.now();
				if (n !== seen.n++) seen.error ||= 'message ' + n + ' where ' + (seen.n - 1) +
					' is due';
				if (seen.last > 0) seen.gap = Math.max(seen.gap, now - seen.last);
				seen.last = now;
				resolve();
			});
			tailrace.invoke('ticks', { channel }).then((n) => { seen.result = n;
				}, (e) => { seen.error ||= String(e); });
		});`, nil)
	w.session = w.Session()
}

// borrow has the test t fail when something is wrong, until the function is called that it gives.
func (w *witness) borrow(t *testing.T) func() {
	old := w.t
	w.t = t
	return func() { w.t = old }
}

// gap gives the longest pause between two messages since it was asked last.
func (w *witness) gap() time.Duration {
	w.t.Helper()
	var v struct {
		Error string
		Gap   float64
	}
	w.run(
		`const { error, gap, last } = seen; seen.gap = 0; return { error, gap: Math.max(gap,
			performance.now() - last) }`, &v)
	if v.Error != "" {
		w.t.Errorf("another window's stream: %s", v.Error)
	}
	gap := time.Duration(v.Gap * float64(time.Millisecond))
	if gap > longestGap {
		w.t.Errorf("another window's stream paused for %v", gap)
	}
	return gap
}

// end sees that the stream has lost nothing.
func (w *witness) end() {
	w.t.Helper()
	close(w.stop)
	sent := wait(w.t, w.sent, "the other window's sender")
	var v struct {
		Error     string
		N, Result int
	}
	eventually(w.t, "the other window's result", func() bool {
		w.run(`return seen`, &v)
		return v.Result >= 0 || v.Error != ""
	})
	if v.Error != "" || v.N != sent || v.Result != sent || w.Session() != w.session {
		w.t.Errorf("another window got %d of %d messages, result %d: %s; same session: %v", v.N,
			sent, v.Result, v.Error, w.Session() == w.session)
	}
	w.t.Logf("the other window got all of %d messages", sent)
}
