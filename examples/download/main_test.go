//go:build linux && cgo

package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tailrace-go/tailrace/examples/internal/exampletest"
	"github.com/tailrace-go/tailrace/webview"
)

const size = 24<<20 + 5

func TestMain(m *testing.M) {
	exampletest.Main(m, func(o webview.Options) (*webview.App, error) {
		url, _, err := serve(size)
		if err != nil {
			return nil, err
		}
		return setup(o, url)
	})
}

// TestPage: both versions show all bytes and the right SHA-256.
func TestPage(t *testing.T) {
	w := exampletest.Open(t, window)
	exampletest.Click(t, w, "#events button")
	exampletest.Await(t, w, "document.querySelector('output').textContent", "Complete")
	exampletest.Click(t, w, "#channel button")
	exampletest.Await(t, w, "document.querySelector('#channel progress').value > 0.6", true)
	exampletest.Picture(t, w)
	exampletest.Await(t, w, "document.querySelector('output').textContent", "Complete")
	for _, id := range []string{"channel", "events"} {
		exampletest.Await(t, w, "document.querySelector('#"+id+" .amount').textContent",
			"25.2 MB of 25.2 MB")
		exampletest.Await(t, w, "document.querySelector('#"+id+
			" .steps').textContent.startsWith('as announced, ')", true)
		exampletest.Await(t, w, "/^SHA-256 [0-9a-f]{64}$/.test(document.querySelector('#"+id+
			" .hash').textContent)", true)
	}
}

// TestDamaged: a file that is not what the server announced is an error, and so is what is no file.
func TestDamaged(t *testing.T) {
	for path, want := range map[string]error{
		"/damaged": errDamaged, "/short": nil, "/missing": nil,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/missing":
				http.NotFound(w, r)
			case "/short":
				w.Header().Set("Content-Length", "10")
				w.Write([]byte("short"))
			default:
				w.Header().Set("Repr-Digest", digest(make([]byte, 32)))
				w.Write([]byte("other"))
			}
		}))
		var last DownloadEvent
		err := fetch(context.Background(), 1, s.URL+path, func(e DownloadEvent) error {
			last = e
			return nil
		})
		if err == nil || want != nil && !errors.Is(err, want) || last.Event == "finished" {
			t.Errorf("%s: %v after %q", path, err, last.Event)
		}
		s.Close()
	}
}

// TestGone: a page that is behind, or gone, ends the download with its error.
func TestGone(t *testing.T) {
	url, stop, err := serve(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	gone := errors.New("gone")
	for _, at := range []string{"started", "progress", "finished"} {
		if err := fetch(t.Context(), 1, url, func(e DownloadEvent) error {
			if e.Event == at {
				return gone
			}
			return nil
		}); err != gone {
			t.Errorf("%s: %v", at, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := fetch(ctx, 1, url, func(e DownloadEvent) error {
		cancel()
		return nil
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
