//go:build linux && cgo

package main

/*
#cgo pkg-config: gtk+-3.0 webkit2gtk-4.0
#include <stdlib.h>
#include "bare.h"
*/
import "C"

import (
	_ "embed"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/ring"
	wv "github.com/webview/webview_go"
)

//go:embed bare.html
var barePage []byte

// Canned answers of the bare scheme.
const (
	cannedPage = iota
	cannedEmpty
	cannedBlob // as many bytes as a batch
	cannedSmall
	canned128 // a batch full of frames
	canned1K
	cannedAnswer // a command's answer
	cannedShmPage
)

// bareDone gets what a page says at the end of a run, and once it has loaded.
var bareDone = make(chan url.Values, 3)

//export goBareDone
func goBareDone(uri *C.char) {
	u, err := url.Parse(C.GoString(uri))
	if err != nil {
		return
	}
	bareDone <- u.Query()
}

// bare is a window on the bare scheme. The evals run in another window, so that
// neither page knows of the other.
type bare struct {
	w    wv.WebView
	eval wv.WebView
}

func newBare(batch int) *bare {
	b := &bare{wv.New(false), wv.New(false)}
	C.bare_register(b.w.Window())
	octets := "application/octet-stream"
	can(cannedPage, barePage, "text/html")
	can(cannedEmpty, nil, octets)
	can(cannedBlob, make([]byte, batch), octets)
	can(cannedSmall, make([]byte, 8), octets)
	can(canned128, cannedFrames(batch, 128), octets)
	can(canned1K, cannedFrames(batch, 1<<10), octets)
	can(cannedAnswer, make([]byte, 128), octets)
	for _, w := range []wv.WebView{b.w, b.eval} {
		w.SetSize(300, 200, wv.HintNone)
		w.Navigate("bare://localhost/c/" + strconv.Itoa(cannedPage))
	}
	return b
}

// can sets a canned answer, for good.
func can(i int, data []byte, kind string) {
	C.bare_can(C.int(i), C.CBytes(data), C.size_t(len(data)), C.CString(kind))
}

// cannedFrames is a batch full of frames of size bytes, as Tailrace's would be: each holds its
// number.
func cannedFrames(batch, size int) []byte {
	b := wire.AppendHeader(nil, &wire.Header{Number: 1})
	at := len(b)
	b = append(b, make([]byte, wire.RunSize)...)
	n := 0
	stride := wire.Stride(size, ring.Unit)
	for ; len(b)+stride+wire.ClosingSize <= batch; n++ {
		frame := make([]byte, stride)
		wire.PutFrame(frame, wire.Bytes, size)
		frame[8], frame[9], frame[10] = byte(n), byte(n>>8), byte(n>>16)
		b = append(b, frame...)
	}
	wire.PutRun(b[at:], 1, uint32(n), 0, uint32(len(b)-at-wire.RunSize), ring.Unit)
	return wire.Finish(b)
}

// run calls a function of a bare page and waits until the page says that it is done.
func (b *bare) run(w wv.WebView, js string) (url.Values, time.Duration, error) {
	w.Dispatch(func() { C.bare_reset(); w.Eval(js) })
	start := time.Now()
	return finish(start)
}

func finish(start time.Time) (url.Values, time.Duration, error) {
	select {
	case v := <-bareDone:
		took := time.Since(start)
		if e := v.Get("error"); e != "" {
			return nil, 0, fmt.Errorf("bare page: %s", e)
		}
		return v, took, nil
	case <-time.After(2 * time.Minute):
		return nil, 0, fmt.Errorf("bare page: no answer within two minutes")
	}
}

// down fetches count canned answers, inflight at a time; frames is how many messages each holds, 0:
// the answer is bytes for as many messages of that size as fit.
func (b *bare) down(canned, count, inflight int) (url.Values, time.Duration, error) {
	return b.run(b.w, fmt.Sprintf("down(%d,%d,%d)", canned, count, inflight))
}

// intervals gives the times between requests in microseconds.
func (b *bare) intervals() []float64 {
	n := int(C.bare_count())
	var d []float64
	for i := 1; i < n; i++ {
		d = append(d, float64(C.bare_time(C.int(i))-C.bare_time(C.int(i-1)))/1e3)
	}
	return d
}

// evals sends count scripts, each of its own text, 64 in one Dispatch.
func (b *bare) evals(count int, script func(i int) string) (time.Duration, error) {
	if _, _, err := b.run(b.eval, "expect("+strconv.Itoa(count)+")"); err != nil {
		return 0, err
	}
	start := time.Now()
	// Dispatches in the queue: the loop is never idle, memory bounded
	slots := make(chan struct{}, 4)
	for i := 0; i < count; i += 64 {
		scripts := make([]string, 0, 64)
		for j := i; j < min(i+64, count); j++ {
			scripts = append(scripts, script(j))
		}
		slots <- struct{}{}
		b.eval.Dispatch(func() {
			for _, s := range scripts {
				b.eval.Eval(s)
			}
			<-slots
		})
	}
	_, _, err := finish(start)
	return time.Since(start), err
}

// text is a JSON object of 128 bytes.
func text(i int) string {
	s := fmt.Sprintf(
		`{"seq":%d,"name":"sensor-42","value":3.14159,"tags":["a","b"],"ok":true,"pad":"`, i)
	return s + strings.Repeat("x", 126-len(s)) + `"}`
}
