//go:build linux && cgo

package webview

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// TestBackpressure: both sides see how far the other one is behind, on each carrier.
func TestBackpressure(t *testing.T) {
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		t.Run(fmt.Sprintf("%v, upward", kind), func(t *testing.T) {
			bufferedAmount(t, Options{Carrier: kind})
		})
		for _, policy := range []transport.OnFull{transport.Block, transport.Fail} {
			t.Run(fmt.Sprintf("%v, downward, %v", kind, policy), func(t *testing.T) {
				unreadAmount(t, Options{Carrier: kind}, policy)
			})
		}
	}
}

// Go does not receive: what the page sends stays there, but for one window of it, and the page is
// told when that is much, and when it has gone.
func bufferedAmount(t *testing.T, o Options) {
	const messages, size, window = 100, 64 << 10, 1 << 20
	type args struct {
		Stream *transport.Stream[int, []byte]
	}
	o.Engine.Window = window
	goOn := make(chan struct{})
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "go on", func(context.Context, none) (none, error) {
			close(goOn)
			return none{}, nil
		})
		transport.Handle(e, "take", func(ctx context.Context, a args) (int, error) {
			<-goOn
			n := 0
			for m, err := range a.Stream.All(ctx) {
				if err != nil {
					return n, err
				}
				if got := binary.LittleEndian.Uint32(m); len(m) != size || int(got) != n {
					return n, fmt.Errorf("message %d of %d bytes where %d is due", got, len(m), n)
				}
				n++
			}
			return n, nil
		})
	})
	var v struct {
		Atfirst, Held, Left, Taken int
		Log                        []string
	}
	p.run(fmt.Sprintf(`
		const { invoke, Channel } = tailrace, log = [];
		let low;
		const fell = new Promise((resolve) => { low = resolve; });
		const stream = new Channel({
			bufferedAmountHighThreshold: 2 ** 20, onbufferedamounthigh: () => log.push('high'),
			bufferedAmountLowThreshold: 65536, onbufferedamountlow: () => { log.push('low'); low();
				},
		});
		const done = invoke('take', { stream }), sent = [];
		for (let n = 0; n < %[1]d; n++) {
			const m = new Uint8Array(%[2]d);
			new DataView(m.buffer).setUint32(0, n, true);
			sent.push(stream.send(m));
		}
		const atFirst = stream.bufferedAmount;
		await Promise.all(sent.slice(0, %[3]d)); // as many as the window lets pass
		while (stream.bufferedAmount > %[4]d) await new Promise((resolve) => setTimeout(resolve,
			1));
		const held = stream.bufferedAmount;
		await invoke('go on');
		await Promise.all(sent);
		await fell;
		while (stream.bufferedAmount > 0) await new Promise((resolve) => setTimeout(resolve, 1));
		const left = stream.bufferedAmount;
		stream.close();
		return { atFirst, held, left, taken: await done,
			log };`, messages, size, window/(size+8), (messages-window/(size+8))*size), &v)
	if v.Atfirst != messages*size || v.Held != (messages-window/(size+8))*size || v.Left != 0 ||
		v.Taken != messages || fmt.Sprint(v.Log) != "[high low]" {
		t.Errorf("%+v", v)
	}
}

// The page does not read: Send waits to its deadline, or fails at once. The page is told how much
// is unread, and gets all that was accepted, in order, when it reads.
func unreadAmount(t *testing.T, o Options, policy transport.OnFull) {
	const size, window = 1000, 1 << 20
	type args struct {
		Channel *transport.Channel[[]byte]
	}
	o.Engine.Window = window
	o.Engine.RingBytes = 256 << 10
	full := make(chan error, 1)
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "fill", func(ctx context.Context, a args) (int, error) {
			if err := a.Channel.Configure(transport.ChannelOptions{OnFull: policy}); err != nil {
				return 0, err
			}
			body := make([]byte, size)
			for n := 0; ; {
				binary.LittleEndian.PutUint32(body, uint32(n))
				late, stop := context.WithTimeout(ctx, 100*time.Millisecond)
				err := a.Channel.Send(late, body)
				stop()
				if err == nil {
					n++
					continue
				}
				// The page reads nothing. What its window lets pass has left the ring, or does so
				// in a moment: the drainer may be behind.
				if ctx.Err() == nil && n*size <= window {
					time.Sleep(time.Millisecond)
					continue
				}
				full <- err
				return n, nil
			}
		})
	})
	verdict := p.start(`
		const { invoke, Channel } = tailrace, log = [];
		let high;
		const rose = new Promise((resolve) => { high = resolve; });
		const channel = new Channel({
			unreadAmountHighThreshold: 900_000, onunreadamounthigh: () => { log.push('high');
				high(); },
			unreadAmountLowThreshold: 100_000, onunreadamountlow: () => log.push('low at ' +
				(channel.unreadAmount <= 100_000)),
		});
		const done = invoke('fill', { channel });
		await rose;
		while (!globalThis.full) await new Promise((resolve) => setTimeout(resolve, 1));
		const unread = channel.unreadAmount;
		let n = 0, error = '';
		for await (const m of channel) {
			const got = (m[0] | m[1] << 8 | m[2] << 16 | m[3] << 24) >>> 0;
			if (got !== n || m.length !== 1000) error ||= 'message ' + got + ' of ' + m.length +
				' bytes where ' + n + ' is due';
			n++;
		}
		return { error, unread, n, accepted: await done, left: channel.unreadAmount, log };`)
	want := transport.ErrFull
	if policy == transport.Block {
		want = context.DeadlineExceeded
	}
	if err := wait(t, full, "a full channel"); !errors.Is(err, want) {
		t.Errorf("Send gives %v, want %v", err, want)
	}
	if err := p.Eval(`globalThis.full = true`); err != nil {
		t.Fatal(err)
	}
	var v struct {
		Error                     string
		Unread, N, Accepted, Left int
		Log                       []string
	}
	p.decode(wait(t, verdict, "the page's verdict"), &v)
	if v.Error != "" || v.N != v.Accepted || v.N*size <= window || v.Left != 0 ||
		v.Unread%size != 0 || v.Unread < 900_000 || v.Unread > window {
		t.Errorf("%+v", v)
	}
	if len(v.Log) < 2 || v.Log[0] != "high" || v.Log[1] != "low at true" {
		t.Errorf("the page was told %q", v.Log)
	}
}
