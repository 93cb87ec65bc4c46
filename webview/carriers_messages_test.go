//go:build linux && cgo

package webview

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// fillPattern fills b so that a piece that is missing, doubled or elsewhere shows.
func fillPattern(b []byte) {
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16*7)
	}
}

// patternScript checks it in the page.
const patternScript = `
	const damaged = (m) => {
		for (let i = 0; i < m.length;
			i++) if (m[i] !== ((i ^ i >> 8 ^ (i >> 16) * 7) & 255)) return i;
		return -1;
	};`

// 64 MiB as one message down, up, and small ones around them.
func largeMessages(t *testing.T, o Options) {
	const size = 64 << 20
	type args struct {
		Stream *transport.Stream[[]byte, []byte]
	}
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "both", func(ctx context.Context, a args) (string, error) {
			large := make([]byte, size)
			fillPattern(large)
			for _, m := range [][]byte{{1}, large, {2}} {
				if err := a.Stream.Send(ctx, m); err != nil {
					return "", err
				}
			}
			var got []string
			for m, err := range a.Stream.All(ctx) {
				if err != nil {
					return "", err
				}
				got = append(got, strconv.Itoa(len(m)))
				if len(m) > 1 && !bytes.Equal(m, large) {
					got = append(got, "damaged")
				}
			}
			return strings.Join(got, " "), nil
		})
	})
	var v struct {
		Down []string
		Up   string
	}
	p.runLong(patternScript+`
		const down = [];
		let up;
		const stream = new tailrace.Channel(async (m) => {
			down.push(m.length === 1 ? String(m[0]) : m.length + ' damaged at ' + damaged(m));
			if (down.length < 3) return;
			const large = new Uint8Array(64 << 20);
			for (let i = 0; i < large.length; i++) large[i] = i ^ i >> 8 ^ (i >> 16) * 7;
			for (const m of [new Uint8Array(1), large, new Uint8Array(1)]) await stream.send(m);
			stream.close();
		});
		up = await tailrace.invoke('both', { stream });
		return { down, up };`, &v)
	if got, want := strings.Join(v.Down, ", "), fmt.Sprintf("1, %d damaged at -1, 2",
		size); got != want {
		t.Errorf("the page got %s, want %s", got, want)
	}
	if want := fmt.Sprintf("1 %d 1", size); v.Up != want {
		t.Errorf("Go got %s, want %s", v.Up, want)
	}
}

// Raw bodies of all sizes come back as they are, 100 calls at once.
func rawCommands(t *testing.T, o Options) {
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "echo", func(_ context.Context, b []byte) ([]byte, error) {
			return b, nil
		})
	})
	var wrong []string
	p.runLong(patternScript+`
		const wrong = [];
		const sizes = [0, 1, 7, 8, 100, 4096, 65535, 65536, 65537, 100_000, 1 << 20];
		const one = async (n, size) => {
			const body = new Uint8Array(size + 1);
			for (let i = 0; i < size; i++) body[i + 1] = i ^ i >> 8 ^ (i >> 16) * 7;
			body[0] = n;
			const m = await tailrace.invoke('echo', body);
			if (m.length !== size + 1 || m[0] !== n ||
				damaged(m.subarray(1)) !== -1) wrong.push('call ' + n + ' with ' + size +
				' bytes got ' + m.length);
		};
		await Promise.all(Array.from({ length: 100 }, (_, n) => one(n, sizes[n % sizes.length])));
		const nothing = await tailrace.invoke('echo', new ArrayBuffer(0));
		if (nothing.length !== 0) wrong.push('nothing became ' + nothing.length);
		return wrong;`, &wrong)
	if len(wrong) > 0 {
		t.Error(wrong)
	}
}

// Of many values the page gets some, in order, and the last.
func latestOnly(t *testing.T, o Options) {
	const last = 20_000
	type args struct{ Channel *transport.Channel[int] }
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "run", func(ctx context.Context, a args) (uint64, error) {
			if err := a.Channel.Configure(transport.ChannelOptions{
				OnFull: transport.Latest,
			}); err != nil {
				return 0, err
			}
			for n := range last + 1 {
				if err := a.Channel.Send(ctx, n); err != nil {
					return 0, err
				}
			}
			return a.Channel.Stats().Replaced, nil
		})
	})
	var v struct{ Replaced, Got, Wrong, Last int }
	p.run(`
		let last = -1, got = 0, wrong = 0;
		const channel = new tailrace.Channel((n) => { if (n <= last) wrong++; last = n; got++; });
		const replaced = await tailrace.invoke('run', { channel });
		return { replaced, got, wrong, last };`, &v)
	if v.Wrong != 0 || v.Last != last || v.Got+v.Replaced != last+1 {
		t.Errorf("%+v", v)
	}
}

// What was accepted comes first, then the error.
func closeWithError(t *testing.T, o Options) {
	type args struct{ Channel *transport.Channel[[]byte] }
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "run", func(ctx context.Context, a args) (none, error) {
			for n := range 200 {
				if err := a.Channel.Send(ctx, make([]byte, n*1000)); err != nil {
					return none{}, err
				}
			}
			a.Channel.CloseWithError(&transport.Error{Code: "boom", Message: "it broke", Detail: 7})
			return none{}, nil
		})
	})
	var got []string
	p.run(`
		const got = [];
		let n = 0;
		const channel = new tailrace.Channel((m) => {
			if (m.length !== n * 1000) got.push('length ' + m.length); n++; });
		channel.onerror = (e) => got.push(n + ' messages', e.code, e.message, String(e.detail));
		const closed = new Promise((resolve) => { channel.onclose = (e) => { got.push('closed ' +
			e.code); resolve(); }; });
		await tailrace.invoke('run', { channel });
		await closed;
		return got;`, &got)
	if want := "200 messages,boom,it broke,7,closed boom"; strings.Join(got, ",") != want {
		t.Errorf("the page got %v, want %s", got, want)
	}
}

// The sender learns that the page has closed its channel; the session goes on.
func pageCloses(t *testing.T, o Options) {
	type args struct{ Channel *transport.Channel[[]byte] }
	ended := make(chan error, 1)
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "run", func(ctx context.Context, a args) (none, error) {
			for {
				if err := a.Channel.Send(ctx, make([]byte, 10_000)); err != nil {
					ended <- err
					return none{}, nil
				}
			}
		})
	})
	var got int
	p.run(`
		let n = 0;
		const channel = new tailrace.Channel(() => { if (++n === 50) channel.close(); });
		await tailrace.invoke('run', { channel });
		return n;`, &got)
	if err := wait(t, ended, "the sender's end"); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("Send gave %v", err)
	}
	if got != 50 {
		t.Errorf("the page got %d messages, want 50", got)
	}
	p.run(`await tailrace.invoke('caller')`, nil)
}

// A large message whose sender gives up midway leaves no trace, and the channel lives on.
func givenUp(t *testing.T, o Options) {
	type args struct{ Channel *transport.Channel[[]byte] }
	goOn := make(chan struct{})
	o.Engine.RingBytes = 256 << 10
	o.Engine.Window = 1 << 20
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "run", func(ctx context.Context, a args) (string, error) {
			defer a.Channel.Close()
			// behind an unread message, a large one comes no further than the window
			for _, m := range []string{"first", "unread"} {
				if err := a.Channel.Send(ctx, []byte(m)); err != nil {
					return "", err
				}
			}
			short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			defer cancel()
			given := a.Channel.Send(short, make([]byte, 16<<20))
			close(goOn)
			return fmt.Sprint(errors.Is(given, context.DeadlineExceeded)), a.Channel.Send(ctx,
				[]byte("last"))
		})
		transport.Handle(e, "pause", func(context.Context, none) (none, error) {
			<-goOn
			return none{}, nil
		})
	})
	var got []string
	p.run(`
		const got = [], channel = new tailrace.Channel();
		const result = tailrace.invoke('run', { channel });
		for await (const m of channel) {
			got.push(new TextDecoder().decode(m.subarray(0, 10)) + ' ' + m.length);
			if (got.length === 1) await tailrace.invoke('pause');
		}
		return [...got, await result];`, &got)
	if want := "first 5,unread 6,last 4,true"; strings.Join(got, ",") != want {
		t.Errorf("the page got %v, want %s", got, want)
	}
}

// Flush returns when all has arrived; a cancelled command ends by its context.
func flushAndCancel(t *testing.T, o Options) {
	type args struct{ Channel *transport.Channel[[]byte] }
	begun, causes := make(chan struct{}), make(chan error, 1)
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "run", func(ctx context.Context, a args) (int, error) {
			for n := range 300 {
				if err := a.Channel.Send(ctx, make([]byte, n*300)); err != nil {
					return 0, err
				}
			}
			if err := a.Channel.Flush(ctx); err != nil {
				return 0, err
			}
			return a.Channel.Stats().Depth, transport.SessionFrom(ctx).Flush(ctx)
		})
		transport.Handle(e, "block", func(ctx context.Context, _ none) (none, error) {
			close(begun)
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return none{}, ctx.Err()
		})
	})
	var got []int
	p.run(`
		let n = 0;
		const depth = await tailrace.invoke('run', { channel: new tailrace.Channel(() => n++) });
		return [depth, n];`, &got)
	if len(got) != 2 || got[0] != 0 || got[1] != 300 {
		t.Errorf("bytes without receipt after Flush, and messages at the end: %v", got)
	}
	result := p.start(`
		globalThis.abort = new AbortController();
		return await tailrace.invoke('block', {}, { signal: abort.signal }).then(() => 'resolved',
			(e) => e.name);`)
	wait(t, begun, "the handler")
	p.run(`abort.abort()`, nil)
	if r := wait(t, result, "the page"); r.value != `"AbortError"` {
		t.Errorf("the promise gave %s", r.value)
	}
	if err := wait(t, causes, "the handler's end"); !errors.Is(err, transport.ErrCanceled) {
		t.Errorf("the handler's context ended with %v", err)
	}
}
