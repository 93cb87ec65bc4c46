//go:build linux && cgo

package webview

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
)

// Objects of four goroutines, most short, some long, on two channels.
func orderOfJSON(t *testing.T, o Options) {
	const producers, each = 4, 4000
	type message struct {
		P, N, Length int
		Text         string
	}
	type args struct {
		Channels []*transport.Channel[message]
	}
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "run", func(ctx context.Context, a args) (int, error) {
			errs := make([]error, producers)
			var wg sync.WaitGroup
			for p := range producers {
				wg.Go(func() {
					r := rand.New(rand.NewPCG(11, uint64(p)))
					for n := range each {
						length := r.IntN(60)
						if r.IntN(500) == 0 {
							length = r.IntN(100_000)
						}
						if errs[p] = a.Channels[p%2].Send(ctx, message{
							p, n, length, strings.Repeat("ä", length),
						}); errs[p] != nil {
							return
						}
					}
				})
			}
			wg.Wait()
			return 0, errors.Join(errs...)
		})
	})
	var v struct {
		Error string
		Next  []int
	}
	p.runLong(`
		const next = [0, 0, 0, 0];
		let error = '';
		const on = (channel) => (m) => {
			if (m.P % 2 !== channel) error ||= 'producer ' + m.P + ' on channel ' + channel;
			if (m.N !== next[m.P]++) error ||= 'message ' + m.N + ' of producer ' + m.P +
				' where ' + (next[m.P] - 1) + ' is due';
			if (m.Text.length !== m.Length || /[^ä]/.test(m.Text)) error ||= 'message ' + m.N +
				' is damaged';
		};
		await tailrace.invoke('run', { channels: [0, 1].map(c => new tailrace.Channel(on(c))) });
		return { error, next };`, &v)
	if want := [...]int{each, each, each, each}; v.Error != "" ||
		fmt.Sprint(v.Next) != fmt.Sprint(want) {
		t.Errorf("%v messages, want %v: %s", v.Next, want, v.Error)
	}
}

// The page sends on four streams at once, 0 B to 1 MB each message; Go answers each, so that both
// directions are busy.
func orderUpward(t *testing.T, o Options) {
	const streams, each = 4, 600
	type args struct {
		Stream *transport.Stream[int, []byte]
		Which  uint32
	}
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "take", func(ctx context.Context, a args) (int, error) {
			n := 0
			for m, err := range a.Stream.All(ctx) {
				if err != nil {
					return n, err
				}
				switch {
				case n%10 == 9 && len(m) == 0:
				case len(m) < 12 || n%10 == 9:
					return n, fmt.Errorf("message %d has %d bytes", n, len(m))
				case binary.LittleEndian.Uint32(m) != a.Which ||
					binary.LittleEndian.Uint32(m[4:]) != uint32(n):
					return n, fmt.Errorf("message %d of stream %d where %d of %d is due",
						binary.LittleEndian.Uint32(m[4:]), binary.LittleEndian.Uint32(m), n,
						a.Which)
				case binary.LittleEndian.Uint32(m[8:]) != checksum(m[12:]):
					return n, fmt.Errorf("message %d is damaged", n)
				}
				if err := a.Stream.Send(ctx, n); err != nil {
					return n, err
				}
				n++
			}
			return n, nil
		})
	})
	var v struct {
		Error  string
		Counts []int
	}
	p.runLong(`
		const { invoke, Channel } = tailrace;
		let error = '', seed = 1;
		const random = (n) => { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
			return Math.floor(seed / 2 ** 32 * n); };
		const one = async (which) => {
			let answers = 0;
			const stream = new Channel((n) => { if (n !== answers++) error ||= 'answer ' + n +
				' where ' + (answers - 1) + ' is due'; });
			const done = invoke('take', { stream, which });
			for (let n = 0; n < `+strconv.Itoa(each)+`; n++) {
				if (n % 10 === 9) { await stream.send(new Uint8Array(0)); continue; }
				const size = n === 300 ? (1 << 20) - 12 : random(50) === 0 ? random(200_000) :
					random(2000);
				const m = new Uint8Array(12 + size), words = new DataView(m.buffer);
				words.setUint32(0, which, true);
				words.setUint32(4, n, true);
				for (let i = 0; i < Math.min(64, size); i++) m[12 + i] = random(256);
				let sum = size;
				for (let i = 12; i < m.length; i++) sum = (Math.imul(sum, 31) + m[i]) >>> 0;
				words.setUint32(8, sum, true);
				const sent = stream.send(m);
				m.fill(255, 0, 12); // it was copied
				if (random(4) === 0) await sent;
			}
			while (answers < `+strconv.Itoa(each)+` &&
				!stream.closed) await new Promise((resolve) => setTimeout(resolve, 1));
			stream.close();
			return await done;
		};
		const counts = await Promise.all([0, 1, 2, 3].map(one));
		return { error, counts };`, &v)
	if want := [...]int{each, each, each, each}; v.Error != "" ||
		fmt.Sprint(v.Counts) != fmt.Sprint(want) {
		t.Errorf("%v messages, want %v: %s", v.Counts, want, v.Error)
	}
}

// A command's result comes after its messages, whatever their size.
func resultAfterMessages(t *testing.T, o Options) {
	type args struct {
		Raw  *transport.Channel[[]byte]
		JSON *transport.Channel[int]
		N    int
	}
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "send", func(ctx context.Context, a args) (int, error) {
			for i := range a.N {
				if err := errors.Join(a.Raw.Send(ctx, make([]byte, i*i*50)),
					a.JSON.Send(ctx, i)); err != nil {
					return 0, err
				}
			}
			return a.N, nil
		})
	})
	var wrong []string
	p.runLong(`
		const wrong = [];
		const one = async (n) => {
			let raw = 0, json = 0;
			const channels = {
				raw: new tailrace.Channel((m) => {
					if (m.length !== raw * raw * 50) wrong.push('length ' + m.length); raw++; }),
				json: new tailrace.Channel((i) => { if (i !== json) wrong.push('number ' + i);
					json++; }),
			};
			const got = await tailrace.invoke('send', { ...channels, n });
			if (got !== n || raw !== n || json !== n) wrong.push(n + ': ' + got + ' with ' + raw +
				' and ' + json + ' messages');
		};
		for (let round = 0; round < 5; round++) await Promise.all([0, 1, 5, 20, 60].map(one));
		return wrong;`, &wrong)
	if len(wrong) > 0 {
		t.Error(wrong)
	}
}
