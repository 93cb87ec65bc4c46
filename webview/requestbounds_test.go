//go:build linux && cgo

package webview

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/webview/serving"
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
		s := p.served.Stats()
		fit = s.Requests
		return s.Heads > maxRequestHeads-half
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
		return p.served.Stats() == serving.ViewerStats{}
	})
}
