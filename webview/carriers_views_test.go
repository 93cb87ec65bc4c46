//go:build linux && cgo

package webview

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
)

// viewSizes are those of messages whose way into the page differs: short ones, pieces of a batch,
// large ones with a buffer of their own, fragmented ones.
var viewSizes = []int{
	0, 1, 7, 8, 16, 100, 5000, 64 << 10, 90_000, 98_000, 120_000, 1 << 20, 3<<20 + 5,
}

type viewArgs struct {
	Channels []*transport.Channel[[]byte]
	Rounds   int
}

// views sends messages of all these sizes on each channel.
func views(e *transport.Engine) {
	transport.Handle(e, "views", func(ctx context.Context, a viewArgs) (int, error) {
		n := 0
		for range a.Rounds {
			for _, size := range viewSizes {
				b := make([]byte, size)
				fillPattern(b)
				for _, ch := range a.Channels {
					if err := ch.Send(ctx, b); err != nil {
						return n, err
					}
				}
				n++
			}
		}
		return n, nil
	})
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A message with a buffer of its own goes to a worker with its bytes, and is gone here: by own, and
// by take.
func transferToWorker(t *testing.T, o Options) {
	o.Assets = fstest.MapFS{
		"index.html": {Data: []byte(blank)},
		"worker.js": {Data: []byte(patternScript + `
			onmessage = ({ data }) => postMessage(data.length +
				(data.length === data.buffer.byteLength ? '' : ' of ' + data.buffer.byteLength) +
				' ' + damaged(data));`)},
	}
	p := conversation(t, o, views)
	const rounds = 3
	var got struct{ Own, Take, Kept []string }
	p.runLong(`
		const worker = new Worker('/worker.js');
		const answers = [];
		let changed;
		worker.onmessage = ({ data }) => { answers.push(data); changed?.(); };
		worker.onerror = (e) => { answers.push('error ' + e.message); changed?.(); };
		const kept = [];
		const transfer = (m) => {
			const { length } = m;
			worker.postMessage(m, [m.buffer]);
			if (m.length !== 0 || m.buffer.byteLength !== 0) kept.push('a message of ' + length +
				' bytes is still here');
		};
		const through = async (channel) => {
			answers.length = 0;
			const count = await tailrace.invoke('views', { channels: [channel],
				rounds: `+fmt.Sprint(rounds)+` });
			while (answers.length < count) await new Promise((resolve) => { changed = resolve; });
			return answers.slice();
		};
		const own = await through(new tailrace.Channel({ own: true, onmessage: transfer }));
		const take = await through(new tailrace.Channel((m) => transfer(tailrace.take(m))));
		worker.terminate();
		return { own, take, kept };`, &got)
	var want []string
	for range rounds {
		for _, size := range viewSizes {
			want = append(want, fmt.Sprint(size, " -1"))
		}
	}
	for name, answers := range map[string][]string{"own": got.Own, "take": got.Take} {
		if strings.Join(answers, ", ") != strings.Join(want, ", ") {
			t.Errorf("%s: the worker got\n%v, want\n%v", name, answers, want)
		}
	}
	if len(got.Kept) > 0 {
		t.Error(got.Kept)
	}
}

// Borrowed views are right inside their callback and come in order, beside a channel whose views
// stay right to the end.
func borrowed(t *testing.T, o Options) {
	p := conversation(t, o, views)
	const rounds = 20
	var got struct {
		Wrong          []string
		Borrowed, Kept int
	}
	p.runLong(patternScript+`
		const sizes = `+jsonOf(t, viewSizes)+`, wrong = [], kept = [];
		let borrowed = 0;
		const check = (name, n, m) => {
			if (m.length !== sizes[n % sizes.length] || damaged(m) !== -1) wrong.push(name + ' ' +
				n + ' has ' + m.length + ' bytes, damaged at ' + damaged(m));
		};
		await tailrace.invoke('views', { rounds: `+fmt.Sprint(rounds)+`, channels: [
			new tailrace.Channel({ borrow: true, onmessage: (m) => check('borrowed', borrowed++,
				m) }),
			new tailrace.Channel((m) => kept.push(m)),
		] });
		kept.forEach((m, n) => check('kept', n, m));
		return { wrong, borrowed, kept: kept.length };`, &got)
	if n := rounds * len(viewSizes); len(got.Wrong) > 0 || got.Borrowed != n || got.Kept != n {
		t.Errorf("%d borrowed and %d kept messages of %d: %v", got.Borrowed, got.Kept, n, got.Wrong)
	}
}

// What comes before there is a callback is copied, so it is right later, and in order with what
// comes then.
func borrowedLate(t *testing.T, o Options) {
	p := conversation(t, o, views)
	var got []string
	p.runLong(patternScript+`
		const sizes = `+jsonOf(t, viewSizes)+`, wrong = [];
		let n = 0;
		const channel = new tailrace.Channel({ borrow: true });
		const sent = tailrace.invoke('views', { rounds: 1, channels: [channel,
			new tailrace.Channel((m) => {
			if (m.length !== 120_000) return;
			channel.onmessage = (m) => {
				if (m.length !== sizes[n] || damaged(m) !== -1) wrong.push(n + ' has ' + m.length +
					' bytes, damaged at ' + damaged(m));
				n++;
			};
		})] });
		await sent;
		if (n !== sizes.length) wrong.push(n + ' messages');
		return wrong;`, &got)
	if len(got) > 0 {
		t.Error(got)
	}
}

// An iterator hands its messages out later, so a borrowed channel has none.
func borrowedIterator(t *testing.T, o Options) {
	p := conversation(t, o, views)
	var code string
	p.run(`
		const channel = new tailrace.Channel({ borrow: true });
		try {
			for await (const m of channel) return 'a message';
			return 'an end';
		} catch (e) { return e instanceof tailrace.TailraceError ? e.code : String(e); }`, &code)
	if code != "borrowed" {
		t.Errorf("for await gave %s", code)
	}
}
