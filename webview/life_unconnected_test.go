//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// pendingBytes is what is kept for a page that never connects.
const pendingBytes = 64 << 10

// TestPageNeverConnects: what is kept for it is bounded, no command comes, and closing the window
// frees all.
func TestPageNeverConnects(t *testing.T) {
	var rows []string
	// so that nothing is started for the first time
	openPage(t, loop, WindowOptions{Label: "neighbour", URL: foreign(t, blank).URL})
	for _, c := range []struct {
		name   string
		loads  bool
		code   string // how the page's call ends
		answer http.HandlerFunc
	}{
		{"its server never answers", false, "", func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}},
		{"its policy forbids requests", true, "blocked_by_csp",
			func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", "text/html")
				rw.Header().Set("Content-Security-Policy", "connect-src 'none'")
				fmt.Fprint(rw, blank)
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := settled(t, loop)
			server := httptest.NewServer(c.answer)
			defer server.Close()
			open := map[CarrierKind]*unconnected{}
			// at once, as a page takes seconds to give up
			for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
				open[kind] = openUnconnected(t, kind, server.URL, c.loads)
			}
			for kind, u := range open {
				u.check(t)
				page := "nothing: it is not there"
				if u.call != nil {
					page = strings.Trim(wait(t, u.call, "the page's call").value, `"`)
					if !strings.HasPrefix(page, c.code+": ") {
						t.Errorf("the page's call ended with %s", page)
					}
				}
				u.Destroy()
				wait(t, u.Done(), "the window's end")
				if err := u.Eval("1"); !errors.Is(err, bus.ErrClosed) {
					t.Errorf("Eval in a closed window gave %v", err)
				}
				rows = append(rows, fmt.Sprintf("| never connects: %s | %v | no session; Emit, "+
					"Eval: ErrFull beyond %d KiB; EvalResult ends with its context | %s |", c.name,
					kind, pendingBytes>>10, page))
			}
			server.Close()
			returnsTo(t, loop, before, "pages that never connected")
		})
	}
	t.Log(markdown("| case | carrier | Go sees | page sees |", rows))
}

// unconnected is a window whose page never connects.
type unconnected struct {
	*Window
	call <-chan testReport // how the page's call ends; nil: there is no page
}

func openUnconnected(t *testing.T, kind CarrierKind, url string, loads bool) *unconnected {
	t.Helper()
	app := newApp(t, Options{Carrier: kind, DevURL: url, KeepRunning: true, Bus: bus.Options{
		PendingBytes: pendingBytes,
	}}, func(e *transport.Engine) {
		transport.Handle(e, "caller", func(context.Context, none) (none, error) {
			t.Error("a command came")
			return none{}, nil
		})
	})
	if !loads {
		w, err := app.Open(WindowOptions{Label: "subject"})
		if err != nil {
			t.Fatal(err)
		}
		return &unconnected{w, nil}
	}
	p := openPage(t, app, WindowOptions{Label: "subject"})
	return &unconnected{
		p.Window,
		p.start(
			`return await tailrace.invoke('caller').then(() => 'a result', (e) => e.code + ': ' +
				e.message)`),
	}
}

// check fills what is kept for the page.
func (u *unconnected) check(t *testing.T) {
	t.Helper()
	kept, fill := 0, strings.Repeat("x", 1000)
	for {
		err := u.Emit("pulse", fill)
		if errors.Is(err, transport.ErrFull) {
			break
		}
		if err != nil || kept > pendingBytes {
			t.Fatalf("%d bytes are kept, then %v", kept, err)
		}
		kept += len(fill)
	}
	if kept < pendingBytes/2 || kept > pendingBytes {
		t.Errorf("%d bytes are kept of %d", kept, pendingBytes)
	}
	if err := u.Eval("'" + fill + "'"); !errors.Is(err, transport.ErrFull) {
		t.Errorf("Eval gave %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := u.EvalResult(ctx, "1"); !errors.Is(err, context.DeadlineExceeded) &&
		!errors.Is(err, transport.ErrFull) {
		t.Errorf("EvalResult gave %v", err)
	}
	if u.Session() != nil {
		t.Error("there is a session")
	}
}
