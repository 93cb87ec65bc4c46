//go:build linux && cgo

package webview

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// A handler that waits holds up no files, and requests beyond the bounds wait or are refused.
func TestFallbackBounds(t *testing.T) {
	began, release := make(chan struct{}, 2*assetHandlers), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/wait", func(rw http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		<-release
	})
	p := openPage(t, fallbackApp(t, Options{}, mux), WindowOptions{Label: "main"})
	all := p.start(`return (await Promise.all(Array.from({ length: ` + fmt.Sprint(assetHandlers+8) +
		` }, () => fetch('/wait').then((r) => r.status)))).filter((s) => s === 200).length`)
	for range assetHandlers {
		wait(t, began, "a handler")
	}
	if r := p.fetch("/taken.txt", `{}`); r.Status != 200 {
		t.Errorf("a file beside waiting handlers: %+v", r)
	}
	select {
	case <-began:
		t.Error("more handlers run than may")
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	var n int
	if p.decode(wait(t, all, "the answers"), &n); n != assetHandlers+8 {
		t.Errorf("%d answers", n)
	}
}

// TestMaxRequests: a window's requests that are not answered are bounded, and those that show no
// sender leave half of that to what is asked for elsewhere.
func TestMaxRequests(t *testing.T) {
	g, err := newOrigins("")
	if err != nil {
		t.Fatal(err)
	}
	logger, log := warningLog()
	w := newWindow(&App{origins: g, log: logger}, "main")
	w.origin = Origin
	for n := range maxRequests {
		if w.asked.begin(w, byUnknown, Origin, fmt.Sprint("/x/", n), 0) == nil {
			t.Fatalf("request %d was refused", n)
		}
	}
	if w.asked.begin(w, byUnknown, Origin, "/other", maxRequestHeads) == nil ||
		w.asked.begin(w, byUnknown, Origin, "/other", 1) != nil {
		t.Error("another folder does not have half of the bytes")
	}
	r := recorder{make(chan int, 1)}
	w.request(&view.Request{Method: "GET", URI: Origin + "/x/y", Active: Origin}, r)
	if status := <-r.status; status != 503 {
		t.Errorf("one more gave status %d", status)
	}
	w.request(&view.Request{Method: "GET", URI: Origin + "/x/z", Active: Origin}, r)
	if <-r.status; strings.Count(log.String(), "too many requests") != 1 {
		t.Errorf("two refusals are logged as %s", log)
	}
	w.asked.gone(true)
	for a := range w.asked.running {
		if a.ctx.Err() == nil {
			t.Fatal("a request went on after its window's end")
		}
		w.asked.end(a)
	}
	if w.asked.begin(w, byUnknown, Origin, "/", 0) != nil {
		t.Error("a closed window has begun a request")
	}
}

// TestMaxRequestHead: the URL and headers of a request are bounded, and those of all that wait.
func TestMaxRequestHead(t *testing.T) {
	release := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/wait", func(rw http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	logger, log := warningLog()
	p := openPage(t, fallbackApp(t, Options{Logger: logger}, mux), WindowOptions{Label: "main"})
	for _, c := range []struct {
		n, status int
	}{{maxRequestHead / 2, 404}, {maxRequestHead, 431}} {
		for _, how := range []string{
			"fetch('/none?' + 'x'.repeat(%d))",
			"fetch('/none', { headers: { long: 'x'.repeat(%d) } })",
		} {
			var status int
			if p.run(fmt.Sprintf("return (await "+how+").status", c.n),
				&status); status != c.status {
				t.Errorf(how+" gave status %d, want %d", c.n, status, c.status)
			}
		}
	}
	const half = maxRequestHead / 2
	const more = maxRequestHeads/half + 10
	all := p.start(fmt.Sprintf(`
		const one = async () => (await fetch('/wait?' + 'x'.repeat(%[2]d))).status;
		const all = await Promise.all(Array.from({ length: %[1]d }, one));
		return all.filter((s) => s === 200).length`, more, half))
	fit := 0
	eventually(t, "as many to wait as may", func() bool {
		p.asked.mu.Lock()
		defer p.asked.mu.Unlock()
		fit = len(p.asked.running)
		return int(p.asked.last) >= fit && p.asked.loads[byPage].bytes > maxRequestHeads-half
	})
	if fit < more*9/10 {
		t.Errorf("only %d requests of %d bytes wait", fit, half)
	}
	if r := p.fetch("/wait?"+strings.Repeat("x", half), "{}"); r.Status != 503 {
		t.Errorf("one more gave status %d", r.Status)
	}
	close(release)
	var n int
	if p.decode(wait(t, all, "the answers"), &n); n != fit {
		t.Errorf("%d of %d were answered, %d can wait", n, more, fit)
	}
	if strings.Count(log.String(), "is refused") != 2 {
		t.Errorf("each refusal is to be logged once: %s", log)
	}
	eventually(t, "nothing to be counted", func() bool {
		p.asked.mu.Lock()
		defer p.asked.mu.Unlock()
		return p.asked.loads == [askers]load{}
	})
}
