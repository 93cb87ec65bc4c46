//go:build linux && cgo

package webview

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// TestLeaving: what a page sends by the end of its pagehide and visibilitychange arrives, however
// it is left.
func TestLeaving(t *testing.T) {
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		for name, how := range map[string]string{
			"reload": "location.reload()", "location": "location = '/other.html'", "Navigate": "",
		} {
			t.Run(kind.String()+"/"+name, func(t *testing.T) {
				l := newLeavers()
				p := conversation(t, Options{Carrier: kind}, l.register)
				l.hear(t, p.app)
				rounds := verifyOr(50, 10)
				for i := range rounds {
					p.start(fmt.Sprintf(leaving, how))
					if how == "" {
						wait(t, l.begun, "the first message")
						if err := p.Navigate(Origin + "/other.html?" + fmt.Sprint(i)); err != nil {
							t.Fatal(err)
						}
					}
					p.waitLoaded()
					wait(t, l.ends, "the end")
					p.carriedBy(carrierNames[kind])
				}
				l.expect(t, rounds)
			})
		}
	}
}

// closings are the ways in which a window is closed.
var closings = map[string]func(*testPage){
	"Close":    func(p *testPage) { p.Close() },
	"Destroy":  func(p *testPage) { p.Destroy() },
	"its user": func(p *testPage) { p.post(p.gtk().Ask) },
	"the page": func(p *testPage) { p.start(`tailrace.invoke('plugin:window|destroy', {})`) },
}

// unhurried gives the pages of windows that are closed all the time that they need.
func unhurried(t *testing.T) {
	t.Helper()
	set := func(words, sight time.Duration) {
		if err := loop.call(func() error {
			lastWords, lastSight = words, sight
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { set(2*time.Second, 500*time.Millisecond) })
	set(patience, patience)
}

// TestLeavingByClose: a window that is closed has its page say its last words, too.
func TestLeavingByClose(t *testing.T) {
	unhurried(t)
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		for name, closes := range closings {
			t.Run(kind.String()+"/"+name, func(t *testing.T) {
				l := newLeavers()
				app := newApp(t, Options{Carrier: kind, Tauri: true}, l.register)
				l.hear(t, app)
				rounds := verifyOr(50, 3)
				for range rounds {
					p := openPage(t, app, WindowOptions{Label: "main"})
					p.carriedBy(carrierNames[kind])
					// It asks to be kept, which a window that is closed does not heed.
					p.run(fmt.Sprintf(leaving, ``)+
						`addEventListener('beforeunload', (e) => e.preventDefault());`, nil)
					closes(p)
					wait(t, p.Done(), "the window's end")
					wait(t, l.ends, "the end")
				}
				l.expect(t, rounds)
			})
		}
	}
}

// TestLeavingWithMuch: whatever a page that is being left may still send, trySend says so, and what
// it has taken arrives, in its order. No credit comes any more, so that a message over the window
// is refused.
func TestLeavingWithMuch(t *testing.T) {
	unhurried(t)
	const body = `
		const pen = new tailrace.Channel();
		tailrace.invoke('keep', { pen }).catch(() => {});
		await pen.send(new Uint8Array(4));
		addEventListener('pagehide', () => {
			const refused = !pen.trySend(new Uint8Array(5 << 20)) &&
				!pen.trySend(new Uint8Array(4 << 20));
			const m = new Uint8Array(20 << 10);
			let n = 1;
			while (n < 1000 && pen.trySend((new Uint32Array(m.buffer)[0] = n, m))) n++;
			tailrace.invoke('kept', { n, refused }).catch(() => {});
		});
		setTimeout(() => { %s });`
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		for _, how := range []string{"location.reload()", ""} {
			t.Run(kind.String()+"/"+how, func(t *testing.T) {
				type kept struct {
					N       int
					Refused bool
				}
				sum, told := make(chan int, 1), make(chan kept, 1)
				app := newApp(t, Options{Carrier: kind}, func(e *transport.Engine) {
					transport.Handle(e, "keep", func(ctx context.Context, args struct {
						Pen *transport.Stream[int, []byte]
					}) (none, error) {
						n := 0
						defer func() { sum <- n }()
						for {
							m, err := args.Pen.Receive(ctx)
							if err != nil {
								return none{}, nil
							}
							if got := binary.LittleEndian.Uint32(m); int(got) != n {
								t.Errorf("message %d instead of %d", got, n)
							}
							n++
						}
					})
					transport.Handle(e, "kept", func(_ context.Context, k kept) (none, error) {
						told <- k
						return none{}, nil
					})
				})
				for range verifyOr(50, 3) {
					p := openPage(t, app, WindowOptions{Label: "main"})
					p.carriedBy(carrierNames[kind])
					p.run(fmt.Sprintf(body, how), nil)
					if how == "" {
						p.Close()
					}
					k, n := wait(t, told, "the page's count"), wait(t, sum, "the end")
					if n != k.N || n < 150 || !k.Refused {
						t.Errorf("%d messages were sent, %d came; too large ones were refused: %v",
							k.N, n, k.Refused)
					}
					p.shutDown()
				}
			})
		}
	}
}

// TestNotLeaving: a navigation that comes to nothing asks the page whether it may be left, and the
// session goes on with what the page sends then.
func TestNotLeaving(t *testing.T) {
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		t.Run(kind.String(), func(t *testing.T) {
			l := newLeavers()
			p := conversation(t, Options{Carrier: kind}, l.register)
			rounds := verifyOr(50, 5)
			p.run(`
				globalThis.pen = new tailrace.Channel();
				tailrace.invoke('save', { pen }).catch(() => {});
				addEventListener('beforeunload', () => {
					pen.send('send').catch(() => {});
					pen.trySend('trySend');
					tailrace.invoke('bye', { name: 'beforeunload' }).catch(() => {});
				});
				await pen.send('first')`, nil)
			s := p.Session()
			for range rounds {
				p.navigateInVain()
				p.run(`await pen.send('after')`, nil)
			}
			for _, what := range []string{"send", "trySend", "beforeunload invoke", "after"} {
				number := fmt.Sprintf("all %d by %s", rounds, what)
				eventually(t, number, func() bool { return l.number(what) == rounds })
			}
			if p.Session() != s {
				t.Error("the session has not gone on")
			}
			p.start(`location.reload()`) // and what it sends before it is really left arrives, too
			p.waitLoaded()
			wait(t, l.ends, "the end")
			for _, what := range []string{"send", "trySend", "beforeunload invoke"} {
				eventually(t, what, func() bool { return l.number(what) == rounds+1 })
			}
			p.carriedBy(carrierNames[kind])
		})
	}
}

// What follows are scenarios of TestRun: an App that ends has its pages say their last words.

func init() {
	for name, end := range map[string]func(*App) error{
		"Quit":     func(app *App) error { app.Quit(); return nil },
		"Shutdown": func(app *App) error { return app.Shutdown(context.Background()) },
	} {
		for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
			scenarios[fmt.Sprintf("last words by %v before the end of %s", kind,
				name)] = func() error {
				return lastWordsBefore(kind, end)
			}
		}
	}
}

func lastWordsBefore(kind CarrierKind, end func(*App) error) error {
	lastWords = patience
	const page = blank + `<script type=module>
		addEventListener('pagehide', () => {
			tailrace.invoke('bye', { text: 'x'.repeat(200000) }).catch(() => {});
		});
		await tailrace.invoke('there')</script>`
	app, err := New(Options{
		Carrier: kind, Assets: fstest.MapFS{"index.html": {Data: []byte(page)}},
	})
	if err != nil {
		return err
	}
	const windows = 3
	there, byes := make(chan none, windows), make(chan int, windows)
	transport.Handle(app.Engine(), "there", func(context.Context, none) (none, error) {
		there <- none{}
		return none{}, nil
	})
	type args struct{ Text string }
	transport.Handle(app.Engine(), "bye", func(_ context.Context, args args) (none, error) {
		byes <- len(args.Text)
		return none{}, nil
	})
	failed := make(chan error, 1)
	for i := range windows {
		if _, err := app.Open(WindowOptions{Label: fmt.Sprint("w", i)}); err != nil {
			return err
		}
	}
	go func() {
		for range windows {
			<-there
		}
		failed <- end(app)
	}()
	if err := app.Run(); err != nil {
		return err
	}
	for range windows { // a handler may still be on its way to the end
		select {
		case n := <-byes:
			if n != 200000 {
				return fmt.Errorf("the last word has %d bytes", n)
			}
		case <-time.After(patience / 2):
			return errors.New("a page's last word has not come")
		}
	}
	return <-failed
}

// TestLastWordsNeedTheSession: what is no page's last word does nothing.
func TestLastWordsNeedTheSession(t *testing.T) {
	p := conversation(t, Options{Carrier: CarrierScheme}, func(*transport.Engine) {})
	forged := strings.Repeat("0", len(p.Session().ID()))
	p.run(`const forged = '`+forged+`';
		for (const said of ['', ' ', 'x', 7, {}, null, forged + ' leave {"last":0}', forged +
			' batch x'])
			dispatchEvent(new CustomEvent('`+p.pages.words+`', { detail: said }));
		await tailrace.invoke('caller')`, nil)
	id := p.Session().ID()
	if err := p.app.call(func() error {
		for _, said := range []string{"", id, id + " ", id + " leave", id + " leave x",
			id + " other {}",
			id + " batch \u0100", id + " batch \xc3", forged + ` leave {"last":0}`} {
			p.served.LastWords([]byte(said))
		}
		if p.Window.pages.current.Load().last != nil {
			t.Error("a forged word counts")
		}
		p.served.LastWords([]byte(id + ` leave {"last":7}`))
		if last := p.Window.pages.current.Load().last; last == nil || *last != 7 {
			t.Error("the page's word does not count")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestResourcesWhileLeaving: a command that runs when its page is being left has the page's
// resources still, and adds none.
func TestResourcesWhileLeaving(t *testing.T) {
	type number struct{ Rid uint32 }
	closed, said := make(chan string, 2), make(chan error, 2)
	app := newApp(t, Options{}, func(e *transport.Engine) {
		transport.Handle(e, "open", func(ctx context.Context, _ none) (uint32, error) {
			return AddResource(ctx, &closer{"held", closed, nil})
		})
		transport.HandleOrdered(e, "bye", func(ctx context.Context, a number) (none, error) {
			w := Caller(ctx)
			for deadline := time.Now().Add(patience); w.pages.current.Load() != nil &&
				time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			_, err := ResourceOf[*closer](ctx, a.Rid)
			said <- err
			_, err = AddResource(ctx, &closer{"late", closed, nil})
			said <- err
			return none{}, nil
		})
	})
	p := openPage(t, app, WindowOptions{})
	p.run(`const rid = await tailrace.invoke('open');
		addEventListener('pagehide', () => { tailrace.invoke('bye', { rid }) })`, nil)
	p.Reload()
	if err := wait(t, said, "the command"); err != nil {
		t.Errorf("the resource is gone: %v", err)
	}
	if err := wait(t, said, "the command's end"); !errors.Is(err, ErrClosed) {
		t.Errorf("adding one gave %v", err)
	}
	first, second := wait(t, closed, "the late one's end"), wait(t, closed, "the other one's")
	if first != "late" || second != "held" {
		t.Errorf("closed were %s, then %s", first, second)
	}
}

// TestOpenBesideLeaving: the label of a window whose page is still being left is waited for, and
// not said to be taken.
func TestOpenBesideLeaving(t *testing.T) {
	unhurried(t)
	app := newApp(t, Options{}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	p.run(`addEventListener('pagehide', () => {
		for (const end = Date.now() + 500; Date.now() < end;);
	})`, nil)
	p.Destroy()
	eventually(t, "the page to be left", p.Window.life.ending.Load)
	if p.Window.life.closed.Load() {
		t.Error("the page was not waited for")
	}
	w, err := app.Open(WindowOptions{Label: "main"})
	if err != nil {
		t.Fatal(err)
	}
	if !p.Window.life.closed.Load() {
		t.Error("two windows have the label")
	}
	w.Destroy()
	wait(t, w.Done(), "the window's end")
}
