//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"image"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// frameValues opens a frame, and makes values there: they are of another realm than the page's.
const frameValues = `
	const frame = document.createElement('iframe');
	if (srcdoc) frame.srcdoc = '<p>frame';
	const loaded = new Promise((resolve) => { frame.onload = resolve });
	document.body.append(frame);
	if (srcdoc) await loaded;
	const realm = frame.contentWindow;
	const make = (source) => realm.Function('return ' + source)();
	const buffer = make('Uint8Array.of(1, 2, 3).buffer');
	const u8 = make('Uint8Array.of(0, 1, 2, 3).subarray(1)');
	const headers = make('new Headers({ "X-Realm": "frame" })');
	const aborting = make('new AbortController()');
	for (const value of [buffer, u8, headers, aborting.signal]) {
		if (value instanceof Object) throw new Error(value + ' is of the page');
	}
	const { invoke, emit, Channel } = tailrace;`

// TestFrameValues: what a page takes from a frame is as good as its own, in calls, messages and
// events.
func TestFrameValues(t *testing.T) {
	type args struct {
		Stream *transport.Stream[int, []byte]
	}
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		for _, srcdoc := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, srcdoc %v", kind, srcdoc), func(t *testing.T) {
				begun, causes := make(chan none), make(chan error, 1)
				heard := make(chan []byte, 10)
				p := conversation(t, Options{Carrier: kind, Tauri: true},
					func(e *transport.Engine) {
						transport.Handle(e, "echo", func(_ context.Context, b []byte) ([]byte,
							error) {
							return b, nil
						})
						transport.Handle(e, "header", func(ctx context.Context, _ none) (string,
							error) {
							return transport.Header(ctx, "x-realm"), nil
						})
						transport.Handle(e, "take", func(ctx context.Context, a args) (string,
							error) {
							text := ""
							for m, err := range a.Stream.All(ctx) {
								if err != nil {
									return text, err
								}
								text += fmt.Sprint(m)
							}
							return text, nil
						})
						transport.Handle(e, "block", func(ctx context.Context, _ none) (none,
							error) {
							close(begun)
							<-ctx.Done()
							causes <- context.Cause(ctx)
							return none{}, ctx.Err()
						})
					})
				if _, err := p.app.Listen("said", func(e bus.Event) {
					heard <- e.Binary
				}); err != nil {
					t.Fatal(err)
				}
				var got struct {
					Echoed                 []string
					Header, Taken, Aborted string
				}
				result := p.start(`const srcdoc = ` + fmt.Sprint(srcdoc) + `;` + frameValues + `
					const echoed = [];
					for (const value of [buffer, u8]) echoed.push(String(await invoke('echo',
						value)));
					const stream = new Channel(), call = invoke('take', { stream });
					for (const value of [buffer, u8]) await stream.send(value);
					stream.close();
					const taken = await call;
					for (const value of [buffer, u8]) await emit('said', value);
					const header = await invoke('header', {}, { headers });
					globalThis.abort = () => aborting.abort();
					const aborted = await invoke('block', {}, { signal: aborting.signal })
						.then(() => 'a result', (e) => e.name);
					return { echoed, taken, header, aborted };`)
				wait(t, begun, "the call")
				p.run(`abort()`, nil)
				p.decode(wait(t, result, "the page"), &got)
				if fmt.Sprint(got) != "{[1,2,3 1,2,3] frame [1 2 3][1 2 3] AbortError}" {
					t.Errorf("the page has %+v", got)
				}
				if err := wait(t, causes, "the handler's end"); !errors.Is(err,
					transport.ErrCanceled) {
					t.Errorf("the handler's context ended with %v", err)
				}
				for range 2 {
					if b := wait(t, heard, "the event"); fmt.Sprint(b) != "[1 2 3]" {
						t.Errorf("the event has %v", b)
					}
				}
			})
		}
	}
}

// Sizes and positions of a frame's modules are taken by the page's.
func TestFrameSizes(t *testing.T) {
	app := newApp(t, Options{Tauri: true}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	p.run(`const srcdoc = true;`+frameValues+`
		const { LogicalSize, Size } = await make('import("`+Origin+tauriPath+`dpi.js")');
		const { getCurrentWindow } = await import('`+tauriPath+`window.js');
		const { Size: Ours } = await import('`+tauriPath+`dpi.js');
		if (Size === Ours) throw new Error('the module is of the page');
		await getCurrentWindow().setSize(new Size(new LogicalSize(321, 234)));`, nil)
	p.becomes("the frame's size", func(s State) bool { return s.Size == image.Pt(321, 234) })
	p.run(`const realm = document.querySelector('iframe').contentWindow;
		const load = realm.Function('return import("`+Origin+tauriPath+`dpi.js")');
		const { PhysicalSize } = await load();
		const { getCurrentWindow } = await import('`+tauriPath+`window.js');
		await getCurrentWindow().setSize(new PhysicalSize(345, 222));`, nil)
	p.becomes("the frame's other size", func(s State) bool { return s.Size == image.Pt(345, 222) })
}
