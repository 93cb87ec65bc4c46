//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// resumeMessage is a message that says its sequence, and text of that length.
type resumeMessage struct {
	N    uint64
	Text string
}

func resumeMessageOf(n uint64) resumeMessage {
	length := n * 7919 % 200
	if n%400 == 0 {
		length = 30_000
	}
	return resumeMessage{n, strings.Repeat("r", int(length))}
}

// The reader of a page: it attaches, by a callback or an iterator, and keeps in `state` what it
// saw.
const resumeReader = `
	const state = globalThis.state = { first: 0, last: 0, error: '', closed: '' };
	const channel = globalThis.channel = await tailrace.resume('numbers', options);
	state.first = channel.sequence + 1;
	state.last = channel.sequence;
	channel.onclose = (error) => { state.closed = error === undefined ? 'end' : error.code };
	const take = (m) => {
		if (m.N !== state.last + 1) state.error ||= 'message ' + m.N + ' where ' + (state.last +
			1) + ' is due';
		if (m.N !== channel.sequence) state.error ||= 'message ' + m.N + ' has the sequence ' +
			channel.sequence;
		if (m.Text.length !== (m.N % 400 === 0 ? 30000 :
			m.N * 7919 % 200)) state.error ||= 'message ' + m.N + ' is damaged';
		state.last = channel.sequence;
	};
	if (iterate) (async () => { for await (const m of channel) {
		take(m);
		if (globalThis.stopped !== undefined) { globalThis.stopped(); await new Promise(() => {}); }
	} })();
	else channel.onmessage = take;
	const until = (reached) => new Promise((resolve) => {
		const look = () => reached() || state.error || state.closed ? resolve() : setTimeout(look,
			2);
		look();
	});`

type resumeState struct {
	First, Last   uint64
	Error, Closed string
}

// A page that is reloaded in mid-stream, again and again, goes on where the one before stopped.
// Another window observes all of it.
func TestResume(t *testing.T) {
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		t.Run(kind.String(), func(t *testing.T) { resumeAcrossReloads(t, kind) })
	}
}

func resumeAcrossReloads(t *testing.T, kind CarrierKind) {
	reloads := 8
	if verifying {
		reloads = 200
	}
	app := newApp(t, Options{Carrier: kind}, caller)
	numbers, err := transport.NewResumable[resumeMessage](app.Engine(), "numbers",
		transport.ResumableOptions{WaitForReader: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	sent := make(chan error, 1)
	go func() { // 40,000 a second
		beat := time.NewTicker(5 * time.Millisecond)
		defer beat.Stop()
		for n := uint64(1); ctx.Err() == nil; n++ {
			if err := numbers.Send(ctx, resumeMessageOf(n)); err != nil {
				sent <- err
				return
			}
			if n%200 == 0 {
				<-beat.C
			}
		}
		sent <- nil
	}()
	defer stop()

	observer := openPage(t, app, WindowOptions{Label: "observer"})
	observer.run(`const options = { observer: true, from: 'oldest' }, iterate = false;`+
		resumeReader, nil)
	p := openPage(t, app, WindowOptions{Label: "main"})
	p.run(`await tailrace.invoke('caller')`, nil)
	p.carriedBy(carrierNames[kind])

	last, again := uint64(0), uint64(0)
	for i := range reloads {
		var s resumeState
		p.run(fmt.Sprintf(`const options = {}, iterate = %v;`, i%2 == 1)+resumeReader+`
			await until(() => state.last > `+fmt.Sprint(last)+` + 1000);
			// From here on nothing is handed out, and what comes stays unread.
			if (iterate) await new Promise((resolve) => { globalThis.stopped = resolve; });
			else channel.onmessage = undefined;
			return state;`, &s)
		if s.Error != "" || s.Closed != "" {
			t.Fatalf("page %d: %+v", i, s)
		}
		if s.First > last+1 || s.First == 0 {
			t.Fatalf("page %d begins with %d, the one before had %d", i, s.First, last)
		}
		again += last + 1 - s.First
		last = s.Last
		p.Reload()
		p.waitLoaded()
	}

	stop()
	if err := <-sent; err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	numbers.Close()
	newest := numbers.Stats().Newest
	for name, page := range map[string]*testPage{"main": p, "observer": observer} {
		script := `const until = (reached) => new Promise((resolve) => { const look = () =>
			reached() ? resolve() : setTimeout(look, 2); look(); });`
		if page == p {
			script = `const options = {}, iterate = false;` + resumeReader
		}
		var s resumeState
		page.run(script+`await until(() => state.closed); return state;`, &s)
		if s.Error != "" || s.Closed != "end" || s.Last != newest || page == observer &&
			s.First != 1 || page == p && s.First > last+1 {
			t.Errorf("%s ended with %+v, want %d messages, %d from the pages before", name, s,
				newest, last)
		}
	}
	eventually(t, "all are detached", func() bool { return len(numbers.Stats().Readers) == 0 })
	st := numbers.Stats()
	t.Logf("| %s | %d reloads | %d messages | 0 lost, 0 reordered | %d handed out again, %d a "+
		"reload | %d bytes raw in %d |",
		kind, reloads, newest, again, again/uint64(reloads), st.RawBytes, st.Bytes)
}

// Where a page may begin, and what it gets when that is gone.
func TestResumeFrom(t *testing.T) {
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		t.Run(kind.String(), func(t *testing.T) { resumeFrom(t, Options{Carrier: kind}) })
	}
}

func resumeFrom(t *testing.T, o Options) {
	var raw *transport.Resumable[[]byte]
	p := conversation(t, o, func(e *transport.Engine) {
		var err error
		if raw, err = transport.NewResumable[[]byte](e, "raw", transport.ResumableOptions{
			HistoryBytes: 256 << 10,
		}); err != nil {
			t.Fatal(err)
		}
	})
	send := func(last uint64) {
		for n := raw.Stats().Newest + 1; n <= last; n++ {
			b := make([]byte, 1000)
			for i := range b {
				b[i] = byte(n*uint64(i+1)*2654435761>>11) ^ byte(i)
			}
			b[0], b[1] = byte(n), byte(n>>8)
			if err := raw.Send(testContext(t), b); err != nil {
				t.Fatal(err)
			}
		}
	}
	send(2000)
	st := raw.Stats()
	if st.Oldest < 2 {
		t.Fatalf("%+v: nothing was dropped", st)
	}
	var got struct {
		Oldest, Sequence, Newest []uint64
		Late                     struct {
			Code   string
			Detail struct{ Wanted, Oldest uint64 }
		}
		Unknown, Future string
	}
	script := p.start(`
		const failure = (name, options) => tailrace.resume(name, options).then(() => ({
			code: 'none' }), (e) => e);
		const first = (from, n) => new Promise((resolve, reject) => {
			const seen = [];
			tailrace.resume('raw', { from, observer: true, onmessage: (m) => {
				seen.push(m[0] + 256 * m[1]);
				if (seen.length === n) resolve(seen.slice());
			} }).then((channel) => { globalThis.ready = (globalThis.ready ?? 0) + 1 }, reject);
		});
		const newest = first('newest', 2);
		const { code, detail } = await failure('raw', { from: 1 });
		return {
			oldest: await first('oldest', 3),
			sequence: await first(1990, 11),
			newest: await newest,
			late: { code, detail },
			unknown: (await failure('none')).code,
			future: (await failure('raw', { from: 9999 })).code,
		};`)
	eventually(t, "an attached observer", func() bool { // newest, oldest, 1990
		return len(raw.Stats().Readers) == 3
	})
	send(2002)
	p.decode(wait(t, script, "the page"), &got)
	want := []uint64{st.Oldest, st.Oldest + 1, st.Oldest + 2}
	if fmt.Sprint(got.Oldest) != fmt.Sprint(want) || len(got.Sequence) != 11 ||
		got.Sequence[0] != 1990 || got.Sequence[10] != 2000 ||
		fmt.Sprint(got.Newest) != "[2001 2002]" {
		t.Errorf("messages %v, want from %d; %v, want 1990 to 2000; %v, want 2001 and 2002",
			got.Oldest, st.Oldest, got.Sequence, got.Newest)
	}
	if got.Late.Code != transport.CodeTooLate || got.Late.Detail.Wanted != 1 ||
		got.Late.Detail.Oldest != st.Oldest {
		t.Errorf("too late gives %+v, oldest is %d", got.Late, st.Oldest)
	}
	if got.Unknown != transport.CodeUnknownChannel || got.Future != transport.CodeBadArguments {
		t.Errorf("codes %q and %q", got.Unknown, got.Future)
	}
}
