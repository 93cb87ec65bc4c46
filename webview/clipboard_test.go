//go:build linux && cgo

package webview

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// clickedAnswer has the page run the body of an async function once the user has clicked into it.
func (p *testPage) clickedAnswer(t *testing.T, script string) (got string) {
	t.Helper()
	c := p.start(`return await new Promise((done) => {
		const all = document.body.appendChild(document.createElement('button'));
		all.style = 'position:fixed;left:0;top:0;width:100%;height:100%';
		all.onclick = () => {
			all.remove();
			(async () => {` + script + `})().then(String, (e) => e.name).then(done);
		};
	})`)
	for {
		select {
		case r := <-c:
			p.decode(r, &got)
			return got
		case <-time.After(200 * time.Millisecond):
			p.post(func() { p.gtk().Click(100, 100, 1) })
		}
	}
}

// TestClipboardPermission: the app gives its own pages the clipboard to read, after a click, and is
// told when a document of another origin may be the one that asks.
func TestClipboardPermission(t *testing.T) {
	const copied = "what the user has copied"
	everyWay(t, func(t *testing.T, w way) {
		var asked, foreigners atomic.Int64
		b := openBeside(t, w, Options{OnPermission: func(p Permission) bool {
			if p.Kind != PermissionClipboard {
				return false
			}
			asked.Add(1)
			if p.Foreign {
				foreigners.Add(1)
			}
			return !p.Foreign
		}}, nil)
		source := openPage(t, b.App, WindowOptions{Label: "source"})
		if err := source.Navigate(foreign(t, outsidePage(`return 1`)).URL); err != nil {
			t.Fatal(err)
		}
		source.waitLoaded() // WebKit asks only about what another origin has copied
		p := openPage(t, b.App, WindowOptions{Label: "page"})
		b.during(t, "the clipboard with OnPermission", func() string {
			source.clickedAnswer(t, `await navigator.clipboard.writeText('`+copied+`')`)
			own := p.clickedAnswer(t, `return await navigator.clipboard.readText()`)
			if own != copied || asked.Load() == 0 || foreigners.Load() != 0 {
				t.Errorf("our own page has read %q, the app was asked %d times, %d times about "+
					"others",
					own, asked.Load(), foreigners.Load())
			}
			p = openPage(t, b.App, WindowOptions{Label: "framed"})
			frames := []string{}
			p.everyOutside(
				t, `return navigator.clipboard ? navigator.clipboard.readText() : 'none'`,
				func(kind, got string) {
					frames = append(frames, kind+": "+got)
					if strings.Contains(got, copied) {
						t.Errorf("%s has read the clipboard without a click", kind)
					}
				})
			before := foreigners.Load()
			beside := p.clickedAnswer(t, `return await navigator.clipboard.readText()`)
			if beside == copied || foreigners.Load() == before {
				t.Errorf("beside documents of other origins a click gave %q; the app was asked "+
					"%d times",
					beside, foreigners.Load()-before)
			}
			return own + "; " + beside + "; " + strings.Join(frames, "; ")
		})
	})
}
