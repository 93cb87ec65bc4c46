//go:build linux && cgo

package webview

import "testing"

// What WebKit shows of a document that is committed is believed only when it can't be that of a later navigation of Go's.
func TestCommittedOrigin(t *testing.T) {
	const evil, ours = "http://evil.example/", Origin + "/index.html"
	for _, c := range []struct {
		name              string
		steered, attached bool
		from, to, want    string
	}{
		{"ours from the start", true, false, ours, ours, Origin},
		{"a link of a foreign page, or its history, leads to ours", false, false, evil, ours, Origin},
		{"Go navigates to ours while a foreign page loads", true, false, evil, ours, ""},
		{"the app may navigate unseen", false, true, evil, ours, ""},
		{"a link of ours leads away", false, false, ours, evil, ""},
		{"Go navigates away while ours loads", true, false, ours, evil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := openPage(t, loop, WindowOptions{Label: "subject"})
			err := loop.call(func() error {
				p.attached = c.attached
				p.loadChanged(loadStarted, c.from)
				p.steered = c.steered
				p.loadChanged(loadCommitted, c.to)
				if p.origin != c.want || p.steered {
					t.Errorf("the document's origin is %q, want %q; steered: %v", p.origin, c.want, p.steered)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
