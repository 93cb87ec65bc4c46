//go:build linux && cgo

package webview

import (
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/origin/origintest"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// TestOriginTricks: each question of a window about an origin, with URLs that are only like ours.
func TestOriginTricks(t *testing.T) {
	app := loop
	questions := []struct {
		name  string
		asked func(uri string) bool // whether it counts as ours
	}{
		{"where a page leads", func(uri string) bool {
			w := newWindow(app, "main")
			w.nav.shown.origin = Origin
			l := view.Lead{Kind: view.LeadResponse, URI: uri, MainFrame: true}
			return w.leads(l, func(view.Verdict) {}) == view.Allow &&
				!strings.EqualFold(origin.SchemeOf(uri), "about")
		}},
		{"what a page may open", func(uri string) bool {
			return app.mayShow(uri) == nil && !origin.IsWeb(uri) && uri != "about:blank"
		}},
		{"the inspector's", func(uri string) bool {
			return inspectorMay(transport.Permission{
				Label: InspectorLabel, Origin: uri, Name: commandInspect,
				Action: transport.ActionCommand,
			}) == nil
		}},
	}
	for _, q := range questions {
		for _, uri := range origintest.Foreign {
			if q.asked(uri) {
				t.Errorf("%s: %.80q counts as ours", q.name, uri)
			}
		}
	}
	for _, uri := range []string{
		"https://example.com/#/100%", "http://example.com/%zz", Origin + "/#%",
	} {
		if err := app.mayShow(uri); err != nil {
			t.Errorf("a page can't open %s: %v", uri, err)
		}
	}
}

func devOrigins(t *testing.T, dev string) origin.Set {
	t.Helper()
	g, err := origin.New("", dev)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
