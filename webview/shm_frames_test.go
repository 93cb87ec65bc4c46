//go:build linux && cgo

package webview

import (
	"context"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
)

// A page that has little to do paints while data streams in at full speed: 45 frames a second or
// more. That is the best of three times: what else the machine does takes frames, too.
func TestShmLeavesTimeToPaint(t *testing.T) {
	type args struct{ Channel *transport.Channel[[]byte] }
	p := conversation(t, Options{Carrier: CarrierShm}, func(e *transport.Engine) {
		transport.Handle(e, "flood", func(ctx context.Context, a args) (none, error) {
			b := make([]byte, 64<<10)
			for {
				if err := a.Channel.Send(ctx, b); err != nil {
					return none{}, nil
				}
			}
		})
	})
	best := 0.0
	p.run(`
		globalThis.messages = 0;
		tailrace.invoke('flood', { channel: new tailrace.Channel(() => messages++) });
		while (messages < 1000) await new Promise((resolve) => setTimeout(resolve, 10));`, nil)
	for n := 0; n < 3 && best < 45; n++ {
		best = max(best, frames(p))
	}
	if best < 45 {
		t.Errorf("%.1f frames a second, want 45 or more", best)
	}
}

// frames measures the frames a second, while messages come.
func frames(p *testPage) float64 {
	p.t.Helper()
	var got struct{ Frames, Messages, Seconds float64 }
	p.run(`
		let frames = 0;
		messages = 0;
		const begin = performance.now();
		await new Promise((resolve) => {
			const frame = () => {
				frames++;
				if (performance.now() - begin < 2500) requestAnimationFrame(frame);
				else resolve();
			};
			requestAnimationFrame(frame);
		});
		const seconds = (performance.now() - begin) / 1000;
		return { frames, messages, seconds };`, &got)
	p.t.Logf("%.1f frames a second beside %.0f MB/s", got.Frames/got.Seconds,
		got.Messages*65536/1e6/got.Seconds)
	if got.Messages == 0 {
		p.t.Error("nothing came meanwhile")
	}
	return got.Frames / got.Seconds
}
