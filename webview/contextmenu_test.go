//go:build linux && cgo

package webview

import (
	"slices"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/gtk"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// TestContextMenu: it has what is sound, and what the app lets pages do.
func TestContextMenu(t *testing.T) {
	const openWindow, download, openImage, downloadImage, inspect = "2", "3", "5", "6", "31"
	server := foreign(
		t, `<style>* { margin: 0 }</style><a href="/x"><img width=300 height=200 src="`+
			`data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>"></a>`)
	link := `<a href="` + server.URL + `/x"><img width=300 height=200 src="data:image/svg+xml,` +
		`<svg xmlns='http://www.w3.org/2000/svg'/>"></a>`
	for _, c := range []struct {
		name, body string
		o          Options
		with       []string
	}{
		{"a link with an image", link, Options{}, nil},
		{"a frame of another origin", `<iframe src="` + server.URL + `"></iframe>`, Options{}, nil},
		{
			"what the app is asked about", link,
			Options{
				OnNewWindow: func(Navigation) NavigationAction { return NavigationRefuse },
				OnDownload:  func(*Download) string { return "" }, Debug: true,
			}, []string{openWindow, download, openImage, downloadImage, inspect},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.Assets, c.o.KeepRunning = leadingPage(c.body), true
			app := newApp(t, c.o, func(*transport.Engine) {})
			p := openPage(t, app, WindowOptions{Label: "menu"})
			menus := make(chan string, 100)
			before := hearMenus(t, app, func(w *Window, items string) { menus <- items })
			defer before()
			p.clicked("the menu", 3, func() bool {
				return len(menus) > 0 && strings.Contains(" "+menus0(menus)+" ", " 4 ") // Copy Link
			})
			items := strings.Fields(menus0(menus))
			for _, item := range []string{openWindow, download, openImage, downloadImage, inspect} {
				if got := slices.Contains(items, item); got != slices.Contains(c.with, item) {
					t.Errorf("item %s is in the menu: %v; it has %v", item, got, items)
				}
			}
		})
	}
}

// menus0 gives the last menu, which stays in the channel.
func menus0(menus chan string) (last string) {
	for last = <-menus; len(menus) > 0; {
		last = <-menus
	}
	menus <- last
	return last
}

// hearMenus has f told of menus, and gives what ends that.
func hearMenus(t *testing.T, app *App, f func(*Window, string)) func() {
	set := func(f func(*Window, string)) {
		shown := func(h view.Host, items string) { f(h.(*host).window(), items) }
		if f == nil {
			shown = nil
		}
		if err := app.call(func() error { gtk.MenuShown = shown; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	set(f)
	return func() { set(nil) }
}
