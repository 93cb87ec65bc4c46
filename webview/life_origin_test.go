//go:build linux && cgo

package webview

import (
	"testing"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// A document that is committed is ours if the last answer was, or if it comes from WebKit's cache
// of whole pages: then only when its URL can't be that of a later navigation of Go's.
func TestCommittedOrigin(t *testing.T) {
	const evil, ours, other = "http://evil.example/", Origin + "/index.html", Origin + "/other.html"
	for _, c := range []struct {
		name               string
		steered, attached  bool
		from, answered, to string
		apart              bool
		want               string
	}{
		{"ours from the start", true, false, ours, Origin, ours, false, Origin},
		{"a foreign page leads to ours", false, false, evil, Origin, ours, false, Origin},
		{"so it does beside Go", true, false, evil, Origin, ours, false, Origin},
		{"so it does in an attached window", false, true, evil, Origin, ours, false, Origin},
		{"Go navigates to ours while a foreign page loads", true, false, evil, "", ours, false, ""},
		{"the app does so unseen", false, true, evil, "", ours, false, ""},
		{"nobody has answered", false, false, evil, "", ours, false, ""},
		{"an error of ours", false, false, ours, Origin, ours, true, ""},
		{"another of ours has answered", false, false, ours, "http://dev.example", ours, false, ""},
		{"a link of ours leads away", false, false, ours, "", evil, false, ""},
		{"Go navigates away while ours loads", true, false, ours, Origin, evil, false, ""},
		{"back from the cache", false, false, evil, "cache", ours, false, Origin},
		{"back from the cache beside Go, from ours", true, false, ours, "cache", ours, false,
			Origin},
		{"back from the cache beside Go", true, false, evil, "cache", ours, false, ""},
		{"back from the cache in an attached window", false, true, evil, "cache", ours, false, ""},
		{"back from the cache to another document", false, false, evil, "cache", other, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := openPage(t, loop, WindowOptions{Label: "subject"})
			err := loop.call(func() error {
				p.Window.life.attached = c.attached
				if c.answered == "cache" {
					p.nav.wanted.restoring, c.answered = ours, ""
				}
				p.loadChanged(view.LoadStarted, c.from)
				p.nav.wanted.steered = c.steered
				p.nav.load.answered, p.nav.load.apart = c.answered, c.apart
				p.loadChanged(view.LoadCommitted, c.to)
				if p.nav.shown.origin != c.want || p.nav.wanted.steered {
					t.Errorf("the document's origin is %q, want %q; steered: %v",
						p.nav.shown.origin, c.want, p.nav.wanted.steered)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
