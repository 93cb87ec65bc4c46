//go:build linux && cgo

package webview

import (
	"context"
	"encoding/binary"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// newApp makes an App of the test's own, with commands.
func newApp(t *testing.T, o Options, commands func(*transport.Engine)) *App {
	t.Helper()
	if o.Assets == nil {
		o.Assets = testFiles()
	}
	app, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	commands(app.Engine())
	return app
}

type none struct{}

// caller answers with the label of the window that called.
func caller(e *transport.Engine) {
	transport.Handle(e, "caller", func(ctx context.Context, _ none) (string, error) {
		return Caller(ctx).Label() + " " + transport.SessionFrom(ctx).Origin(), nil
	})
}

func TestInvoke(t *testing.T) {
	app := newApp(t, Options{}, caller)
	pages := []*testPage{
		openPage(t, app, WindowOptions{Label: "one"}),
		openPage(t, app, WindowOptions{
			Label: "two",
		}),
	}
	for _, p := range pages {
		var got string
		p.run(`return await tailrace.invoke('caller')`, &got)
		if want := p.Label() + " " + Origin; got != want {
			t.Errorf("the command saw %q, want %q", got, want)
		}
		v, err := p.EvalResult(testContext(t), `Promise.resolve(document.title + 1)`)
		if err != nil || string(v) != `"page1"` {
			t.Errorf("EvalResult gave %s, %v", v, err)
		}
		if err := p.Eval(`globalThis.mark = 7`); err != nil {
			t.Error(err)
		}
		if v, err := p.EvalResult(testContext(t), `globalThis.mark`); err != nil ||
			string(v) != "7" {
			t.Errorf("after Eval: %s, %v", v, err)
		}
	}
	if Caller(t.Context()) != nil {
		t.Error("Caller of a foreign context")
	}
	if _, err := pages[0].EvalResult(testContext(t), `throw new Error('thrown')`); err == nil {
		t.Error("a script that throws gave no error")
	}
	err := app.call(func() error {
		_, err := pages[0].EvalResult(t.Context(), `1`)
		return err
	})
	if !errors.Is(err, ErrMainThread) {
		t.Errorf("EvalResult on the main thread: %v", err)
	}
}

// A page that the injected script's own module speaks through.
func TestModule(t *testing.T) {
	p := openPage(t, newApp(t, Options{}, caller), WindowOptions{Label: "module"})
	var got string
	p.run(`return await (await import('/.tailrace/client.js')).invoke('caller')`, &got)
	if want := "module " + Origin; got != want {
		t.Errorf("the command saw %q, want %q", got, want)
	}
}

func TestInvokeFromDevURL(t *testing.T) {
	dev := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		rw.Write([]byte(blank))
	}))
	defer dev.Close()
	p := openPage(t, newApp(t, Options{DevURL: dev.URL}, caller), WindowOptions{Label: "dev"})
	var got string
	p.run(`return await tailrace.invoke('caller')`, &got)
	if want := "dev " + dev.URL; got != want {
		t.Errorf("the command saw %q, want %q", got, want)
	}
}

func TestForeignPageHasNoClient(t *testing.T) {
	p := openPage(t, loop, WindowOptions{URL: foreign(t, blank).URL})
	var has bool
	p.run(`return 'tailrace' in window`, &has)
	if has {
		t.Error("a foreign page has window.tailrace")
	}
}

// A nil dereference in a handler rejects the promise, also after scripts have run.
func TestHandlerPanics(t *testing.T) {
	app := newApp(t, Options{}, func(e *transport.Engine) {
		transport.Handle(e, "dereference", func(context.Context, none) (string, error) {
			var nothing *Window
			return nothing.label, nil
		})
		caller(e)
	})
	p := openPage(t, app, WindowOptions{})
	for range 3 {
		var code, label string
		p.run(`for (let i = 0; i < 50; i++) new Array(10000).fill(0).map(x => ({ x }));
			return await tailrace.invoke('dereference').then(() => 'nothing', e => e.code)`, &code)
		if code != transport.CodePanic {
			t.Errorf("the promise's code is %q", code)
		}
		p.run(`return await tailrace.invoke('caller')`, &label)
	}
}

type streamArgs struct {
	Channel *transport.Channel[[]byte] `json:"channel"`
	Count   int                        `json:"count"`
}

// stream sends Count numbered messages.
func stream(e *transport.Engine) {
	transport.Handle(e, "stream", func(ctx context.Context, a streamArgs) (none, error) {
		b := make([]byte, 128)
		for i := range a.Count {
			binary.LittleEndian.PutUint32(b, uint32(i))
			if err := a.Channel.Send(ctx, b); err != nil {
				return none{}, err
			}
		}
		return none{}, nil
	})
}

// Two windows get their streams at the same time, in order, each message once.
func TestStreams(t *testing.T) {
	app := newApp(t, Options{}, stream)
	const count = 100_000
	script := `let n = 0, wrong = 0;
		const channel = new tailrace.Channel(m => { if (m.byteLength !== 128 ||
			new DataView(m.buffer, m.byteOffset).getUint32(0, true) !== n) wrong++; n++ });
		await tailrace.invoke('stream', { channel, count: ` + strconv.Itoa(count) + ` });
		return [n, wrong]`
	one := openPage(t, app, WindowOptions{Label: "one"})
	two := openPage(t, app, WindowOptions{Label: "two"})
	begin := time.Now()
	for _, c := range []<-chan testReport{one.start(script), two.start(script)} {
		if r := wait(t, c, "a stream"); r.value != "["+strconv.Itoa(count)+",0]" {
			t.Errorf("messages and wrong ones: %s", r.value)
		}
	}
	t.Logf("%.0f messages a second", 2*count/time.Since(begin).Seconds())
}

// A reload in the middle of a stream gives its sender ErrClosed, and the new page starts clean.
func TestReloadDuringStream(t *testing.T) {
	ended := make(chan error, 1)
	begun := make(chan struct{})
	app := newApp(t, Options{}, func(e *transport.Engine) {
		transport.Handle(e, "endless", func(ctx context.Context, a streamArgs) (none, error) {
			a.Channel.Keep()
			go func() {
				for i := 0; ; i++ {
					if err := a.Channel.Send(context.Background(), make([]byte, 1000)); err != nil {
						ended <- err
						return
					}
					if i == 10_000 {
						close(begun)
					}
				}
			}()
			return none{}, nil
		})
		caller(e)
	})
	p := openPage(t, app, WindowOptions{})
	p.start(`await tailrace.invoke('endless', { channel: new tailrace.Channel(() => {}) })`)
	wait(t, begun, "the stream")
	p.Reload()
	if err := wait(t, ended, "the sender's error"); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("Send gave %v", err)
	}
	p.waitLoaded()
	p.run(`return await tailrace.invoke('caller')`, nil)
}

// Shutdown delivers what was accepted.
func TestShutdownDelivers(t *testing.T) {
	accepted := make(chan *transport.Channel[[]byte], 1)
	app := newApp(t, Options{}, func(e *transport.Engine) {
		transport.Handle(e, "fill", func(ctx context.Context, a streamArgs) (none, error) {
			a.Channel.Keep()
			for range a.Count {
				if err := a.Channel.Send(ctx, make([]byte, 1000)); err != nil {
					return none{}, err
				}
			}
			accepted <- a.Channel
			return none{}, nil
		})
	})
	p := openPage(t, app, WindowOptions{Label: "good"})
	p.start(
		`await tailrace.invoke('fill', { channel: new tailrace.Channel(() => {}), count: 3000 })`)
	good := wait(t, accepted, "the messages to be accepted")
	if err := app.Shutdown(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if s := good.Stats(); s.Messages < 3000 {
		t.Errorf("%+v", s)
	}
}

// With a page that takes nothing any more, Shutdown says so, and ends all the same.
func TestShutdownOfHangingPage(t *testing.T) {
	kept := make(chan *transport.Channel[[]byte], 1)
	hangs := make(chan none, 1)
	says := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hangs <- none{} })
	app := newApp(t, Options{Fallback: says}, func(e *transport.Engine) {
		transport.Handle(e, "keep", func(_ context.Context, a streamArgs) (none, error) {
			a.Channel.Keep()
			kept <- a.Channel
			return none{}, nil
		})
	})
	p := openPage(t, app, WindowOptions{})
	p.run(`await tailrace.invoke('keep', { channel: new tailrace.Channel(() => {}) })`, nil)
	channel := wait(t, kept, "the channel")
	p.start(`const last = new XMLHttpRequest();
		last.open('POST', '/hangs', false);
		last.send();
		for (;;);`)
	wait(t, hangs, "the page")
	if err := channel.TrySend([]byte("never received")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := app.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown gave %v", err)
	}
	wait(t, p.Done(), "the window's end")
}
