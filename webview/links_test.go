//go:build linux && cgo

package webview

import (
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"
)

// TestLinksOfScripts: of the links that scripts click, only so many a second lead anywhere. Those
// that the user clicks in the page do.
func TestLinksOfScripts(t *testing.T) {
	everyWay(t, func(t *testing.T, way way) {
		var downloads atomic.Int64
		b := openBeside(t, way, Options{
			Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
			OnDownload: func(*Download) string {
				downloads.Add(1)
				return ""
			},
		}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "links", Width: 300, Height: 200})
		b.during(t, "100 links to a download", func() string {
			begun := time.Now()
			p.foreignFrame(t, `const link = Object.assign(document.createElement('a'),
					{ href: 'data:application/zip,x', download: '.profile' });
				document.body.append(link);
				for (let i = 0; i < 100; i++) {
					link.click();
					await new Promise((resolve) => setTimeout(resolve, 10));
				}`)
			n := downloads.Load()
			most := int64(linkPrice.burst) + int64(time.Since(begun)/linkPrice.each) + 1
			if n < 1 || n > most {
				t.Errorf("%d of 100 links became downloads, want 1 to %d", n, most)
			}
			return fmt.Sprint(n, " became downloads")
		})
		p.run(`document.body.innerHTML = '<a style="display: block; height: 200px">';
			document.body.firstChild.download = 'x.zip';
			document.body.firstChild.href = 'data:application/zip,x'`, nil)
		before := downloads.Load()
		p.run(`for (let i = 0; i < 40; i++) document.body.firstChild.click()`, nil)
		p.post(func() { p.gtk().Click(100, 100, 1) })
		eventually(t, "the download that the user wants", func() bool {
			return downloads.Load() > before
		})
	})
}

// TestLinksCostNothing: links to downloads that are overtaken leave nothing in the program when
// their page's process has ended, and begin nothing.
func TestLinksCostNothing(t *testing.T) {
	everyWay(t, func(t *testing.T, way way) {
		b := openBeside(t, way, Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))},
			nil)
		round := func() string {
			p := openPage(t, b.App, WindowOptions{Label: "links", Width: 300, Height: 200})
			defer p.shutDown()
			return p.foreignFrame(t, `const link = Object.assign(document.createElement('a'),
					{ href: 'data:application/zip,x', download: '.profile' });
				document.body.append(link);
				for (let i = 0; i < 9000; i++) link.click();
				await new Promise((resolve) => setTimeout(resolve, 100));
				return 'clicked'`)
		}
		for range 2 { // what is freed is used again from then on
			round()
		}
		b.resident = 64 << 20
		b.during(t, "27,000 links to downloads", func() (got string) {
			for range 3 {
				got = round()
			}
			return got
		})
	})
}
