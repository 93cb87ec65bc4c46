//go:build linux && cgo

package webview

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestUnknownTypes: what has no extension that makes it a document is none, whatever is in it: no
// frame and no window runs it in our origin.
func TestUnknownTypes(t *testing.T) {
	const html = `<!doctype html><title>hostile</title><body><script>
		parent.postMessage('ran in ' + self.origin, '*');
		globalThis.ran = true</script>`
	names := []string{
		"notes", "upload.dat", "noext.", "x.shtml", "x.html~", "x.mht", "x.mhtml", "x.webarchive",
		"x.xsl", "x.rdf", "x.unknown", "x.txt", "x.json", "x.css", "x.png", "x.js", "x.xht",
	}
	files := fstest.MapFS{"svg": {Data: []byte(`<?xml version="1.0"?><svg
		xmlns="http://www.w3.org/2000/svg"><script>parent.postMessage('ran', '*')</script></svg>`)}}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 7, 5))); err != nil {
		t.Fatal(err)
	}
	files["picture"] = &fstest.MapFile{Data: picture.Bytes()}
	files["x.html"] = &fstest.MapFile{Data: []byte(html)}
	for _, name := range names {
		files[name] = &fstest.MapFile{Data: []byte(html)}
	}
	names = append(names, "svg", "x.html")
	everyWay(t, func(t *testing.T, w way) {
		dir := t.TempDir()
		if err := os.CopyFS(dir, files); err != nil {
			t.Fatal(err)
		}
		logger, log := warningLog()
		b := openBeside(t, w,
			Options{Assets: withFiles(files), LocalFiles: []string{dir}, Logger: logger}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "hostile"})
		b.during(t, "frames of files of unknown types", func() string {
			var urls []string
			for _, name := range names {
				urls = append(urls, "/"+name,
					filePath+strings.ReplaceAll(filepath.Join(dir, name), "/", "%2F"))
			}
			p.run(`globalThis.ran = [];
				globalThis.loaded = [];
				const urls = `+scriptString(strings.Join(urls, "\n"))+`.split('\n');
				globalThis.frames = urls.map((url) => {
					const f = document.createElement('iframe');
					f.addEventListener('load', () => loaded.push(url));
					f.src = '`+Origin+`' + url;
					addEventListener('message', (e) => {
						if (f.contentWindow === e.source) ran.push(url + ': ' + e.data);
					});
					return f;
				});
				document.body.append(...frames)`, nil)
			eventually(t, "what becomes of the frames", func() bool {
				var loaded []string
				p.run(`return loaded`, &loaded)
				all := log.String()
				return !slices.ContainsFunc(urls, func(url string) bool {
					return !slices.Contains(loaded, url) &&
						!strings.Contains(all, "url="+Origin+url+" ")
				})
			})
			var ran []string // behind what has been posted
			p.run(`await new Promise((f) => { onmessage = f; postMessage(0) });
				for (const f of frames) f.remove();
				return ran`, &ran)
			// What an app may be meant to show runs, and only there.
			if fmt.Sprint(ran) != "[/x.html: ran in "+Origin+"]" {
				t.Errorf("what ran: %q", ran)
			}
			return fmt.Sprintf("of %d files as frames x.html ran", 2*len(names))
		})
		var size string // what a page uses as a picture is one, whatever its type
		p.run(`const i = new Image(); i.src = '`+Origin+`/picture';
			await i.decode(); return i.width + 'x' + i.height`, &size)
		if size != "7x5" {
			t.Errorf("the picture without an extension is %s", size)
		}
		for _, name := range names[:3] {
			b.during(t, "our window is led to "+name, func() string {
				before := len(log.String())
				p.run(`location.href = '`+Origin+`/`+name+`'`, nil)
				eventually(t, "the refusal", func() bool {
					if len(p.loaded) > 0 {
						t.Fatalf("our window shows %s as a document", <-p.loaded)
					}
					return strings.Contains(log.String()[before:], "url="+Origin+"/"+name+" ")
				})
				return "the page stays"
			})
		}
	})
}
