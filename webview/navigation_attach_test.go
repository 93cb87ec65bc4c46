//go:build linux && cgo

package webview

import (
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	wv "github.com/webview/webview_go"
)

// newAttached is newLeading with a window of webview_go's that is attached. The script before, if
// there is one, runs in each page before all that is ours.
func newAttached(t *testing.T, o Options, before string) *leading {
	t.Helper()
	l := &leading{launched: make(chan string, 100)}
	o.Assets, o.KeepRunning = leadingPage(""), true
	o.Logger, l.log = warningLog()
	l.app = newApp(t, o, func(*transport.Engine) {})
	l.app.desktop.launch = func(uri string, _ func(error)) { l.launched <- uri }
	p := newTestPage(t)
	err := l.app.call(func() error {
		own := wv.New(false)
		if before != "" {
			own.Init(before)
		}
		t.Cleanup(func() {
			p.shutDown()
			if err := loop.call(func() error { own.Destroy(); return nil }); err != nil {
				t.Error(err)
			}
		})
		w, err := l.app.Attach("leading", own)
		if err != nil {
			return err
		}
		p.follow(w)
		own.Navigate(Origin + "/index.html")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	l.testPage = p
	eventually(t, "a session", func() bool { l.before = l.Session(); return l.before != nil })
	return l
}

// saveBlob has a script want a file on the disk.
const saveBlob = `const a = document.createElement('a'); a.download = 'x.txt';
	a.href = URL.createObjectURL(new Blob(['x'])); a.click()`

// Pages of windows that the app made itself lead nowhere unasked, as those of others.
func TestAttachedLeadsNowhere(t *testing.T) {
	server := newElsewhere(t)
	l := newAttached(t, Options{}, "")
	for _, c := range []struct{ name, script, log string }{
		{"a location", `location = 'U/a'`, "refused where a page leads"},
		{"a location, redirected", `location = 'U/redirect'`, "refused where a page leads"},
		{"mail", `location = 'mailto:a@b.example'`, "refused where a page leads"},
		{"an attachment", `location = 'U/attachment'`, "refused a download"},
		{"a blob, saved", saveBlob, "refused a download"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l.again(t)
			l.script(strings.ReplaceAll(c.script, "U/", server.URL+"/"))
			eventually(t, "the refusal", func() bool {
				return strings.Contains(l.log.String()[l.read:], c.log)
			})
			l.stays()
		})
	}
	t.Run("our own page in a new window", func(t *testing.T) {
		l.again(t)
		l.opens("other.html")
		eventually(t, "the refusal", l.refused)
		l.stays()
	})
}

// opens clicks on what opens a window.
func (l *leading) opens(url string) {
	l.t.Helper()
	l.run(`document.body.innerHTML = '<button>';
		document.body.firstChild.onclick = () => window.open('`+url+`')`, nil)
	l.click()
}

// The app's functions are asked about windows of its own making.
func TestAttachedIsAsked(t *testing.T) {
	server := newElsewhere(t)
	navigations, windows := make(chan Navigation, 10), make(chan Navigation, 10)
	downloads := make(chan *Download, 10)
	l := newAttached(t, Options{
		OnNavigate: func(n Navigation) NavigationAction {
			navigations <- n
			return NavigationExternal
		},
		OnNewWindow: func(n Navigation) NavigationAction {
			windows <- n
			return NavigationExternal
		},
		OnDownload: func(d *Download) string { downloads <- d; return "" },
	}, "")
	expect := func(asked chan Navigation, path string, gesture bool) {
		t.Helper()
		n := wait(t, asked, "the question about "+path)
		if n.Window != l.Window || n.URL.String() != server.URL+path || n.UserGesture != gesture {
			t.Errorf("asked about %+v", n)
		}
		if got := wait(t, l.launched, "the desktop"); got != server.URL+path {
			t.Errorf("the desktop got %q", got)
		}
		l.stays()
	}
	l.script(`location = '` + server.URL + `/a'`)
	expect(navigations, "/a", false)
	l.opens(server.URL + "/b")
	expect(windows, "/b", true)
	l.script(saveBlob)
	d := wait(t, downloads, "the question about the file")
	wait(t, d.Done(), "its end")
	if d.Window() != l.Window || d.Name() != "x.txt" {
		t.Errorf("asked about %s, suggested as %q", d.URL(), d.Name())
	}
	l.stays()
}
