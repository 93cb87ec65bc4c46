// Package exampletest runs the examples' tests in real windows, and takes their pictures:
//
//	go test ./examples/download -picture
package exampletest

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/internal/display"
	"github.com/tailrace-go/tailrace/transport/script"
	"github.com/tailrace-go/tailrace/webview"
	_ "github.com/tailrace-go/tailrace/webview/native" // for tests of what is no program
)

// picture is the file beside an example's README.
const picture = "picture.png"

// patience is how long a page may take.
const patience = time.Minute

var (
	take = flag.Bool("picture", false, "write "+picture)
	app  *webview.App
)

// Main is a TestMain: setup makes the example's App.
func Main(m *testing.M, setup func(webview.Options) (*webview.App, error)) {
	err := display.Test()
	if err == nil {
		app, err = setup(webview.Options{KeepRunning: true})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := 1
	go func() {
		code = m.Run()
		app.Quit()
	}()
	if err := app.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// App is the one that Main's setup made.
func App() *webview.App { return app }

// Open opens a window, which is closed when the test ends.
func Open(t *testing.T, o webview.WindowOptions) *webview.Window {
	t.Helper()
	display.TestKind() // what Main has read does not count for the cache of `go test`
	w, err := app.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Close(w) })
	return w
}

// Close closes a window and waits until it is closed.
func Close(w *webview.Window) {
	w.Close()
	<-w.Done()
}

// Await waits until the page's expression js has the value want, both seen as JSON.
func Await(t *testing.T, w *webview.Window, js string, want any) {
	t.Helper()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	wanted := decode(text)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		got, err := w.EvalResult(ctx, js)
		if err == nil && reflect.DeepEqual(decode(got), wanted) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s is %s (%v), not %s", js, got, err, text)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func decode(text []byte) (v any) {
	if err := json.Unmarshal(text, &v); err != nil {
		return err // equal to nothing
	}
	return v
}

// Click clicks the element of that selector, once it can be clicked.
func Click(t *testing.T, w *webview.Window, selector string) {
	t.Helper()
	js, err := script.Format(`(e => {
			const can = e !== null && !e.disabled;
			if (can) e.click();
			return can;
		})(document.querySelector(%s))`, selector)
	if err != nil {
		t.Fatal(err)
	}
	Await(t, w, js, true)
}

// Picture writes the windows' picture, side by side, if the flag asks for it.
func Picture(t *testing.T, windows ...*webview.Window) {
	t.Helper()
	if !*take {
		return
	}
	const gap = 16
	var shots []image.Image
	var size image.Point
	for _, w := range windows {
		shot, err := w.Screenshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		shots = append(shots, shot)
		if size.X > 0 {
			size.X += gap
		}
		size.X += shot.Bounds().Dx()
		size.Y = max(size.Y, shot.Bounds().Dy())
	}
	whole := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(whole, whole.Bounds(), image.NewUniform(color.RGBA{0xdd, 0xe4, 0xe7, 0xff}),
		image.Point{}, draw.Src)
	x := 0
	for _, s := range shots {
		r := s.Bounds().Sub(s.Bounds().Min).Add(image.Pt(x, 0))
		draw.Draw(whole, r, s, s.Bounds().Min, draw.Src)
		x = r.Max.X + gap
	}
	f, err := os.Create(picture)
	if err != nil {
		t.Fatal(err)
	}
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, whole)
	if closing := f.Close(); err != nil || closing != nil {
		t.Fatal(err, closing)
	}
}
