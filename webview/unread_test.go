//go:build linux && cgo

package webview

import (
	"fmt"
	"io/fs"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"
)

// counted is a file system that counts the files that were opened.
type counted struct {
	fs.FS
	opened *atomic.Int64
}

func (c counted) Open(name string) (fs.File, error) {
	c.opened.Add(1)
	return c.FS.Open(name)
}

// TestUnreadAnswers: a page that fetches and does not read makes the program hold a bounded number
// of answers, held ones and streams, and gets them all when it reads.
func TestUnreadAnswers(t *testing.T) {
	const fetches = 400
	for _, size := range []int{streamFrom, 3 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			files := counted{fstest.MapFS{
				"index.html": {Data: []byte(blank)}, "large": {Data: make([]byte, size)},
			}, new(atomic.Int64)}
			app, err := New(Options{Assets: files})
			if err != nil {
				t.Fatal(err)
			}
			p := openPage(t, app, WindowOptions{})
			files.opened.Store(0)
			before := resident(t)
			var left int
			all := p.start(fmt.Sprintf(`
				const stop = new AbortController();
				const one = async () => {
					const { signal } = stop, answer = await fetch('/large', { signal });
					return (await answer.arrayBuffer()).byteLength;
				};
				const all = Array.from({ length: %d }, one);
				for (const end = Date.now() + 4000; Date.now() < end;);
				for (const one of all.slice(0, 100)) if (await one !== %d) throw 'short';
				stop.abort();
				return (await Promise.allSettled(all)).length`, fetches, size))
			most, grown := int64(0), int64(0)
			for end := time.After(3 * time.Second); end != nil; {
				select {
				case <-end:
					end = nil
				case <-time.After(20 * time.Millisecond):
					most, grown = max(most, files.opened.Load()), max(grown, resident(t)-before)
				}
			}
			// What was answered, and what is read and waits for room.
			if allowed := int64(roomMost/size + assetReaders); most > allowed ||
				most < assetReaders {
				t.Errorf("%d files were opened while the page did not read, at most %d may be",
					most, allowed)
			}
			if grown > 300<<20 && !raced {
				t.Errorf("the process has grown by %d MiB", grown>>20)
			}
			if p.decode(waitLong(t, all), &left); left != fetches {
				t.Errorf("%d of %d fetches ended", left, fetches)
			}
		})
	}
}

// TestSynchronousRequests: a page may wait in a synchronous request beside answers that it can't
// read meanwhile, and for a long answer.
func TestSynchronousRequests(t *testing.T) {
	app, err := New(Options{Assets: fstest.MapFS{
		"index.html": {Data: []byte(blank)}, "small": {Data: []byte("small")},
		"large": {Data: make([]byte, streamFrom)},
		"huge":  {Data: make([]byte, roomMost/2)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	p := openPage(t, app, WindowOptions{})
	var lengths []int
	p.run(`const all = Array.from({ length: 30 }, () => fetch('/large'));
		const get = (path) => {
			const x = new XMLHttpRequest();
			x.open('GET', path, false);
			x.send();
			return x.responseText.length;
		};
		const lengths = [get('/small')];
		await Promise.all(all);
		lengths.push(get('/huge'));
		return lengths`, &lengths)
	if fmt.Sprint(lengths) != fmt.Sprint([]int{len("small"), roomMost / 2}) {
		t.Errorf("the answers are %v bytes long", lengths)
	}
}

// TestUnreadAnswersOfGonePages: answers that wait for a page end with it, and the next page gets
// its own.
func TestUnreadAnswersOfGonePages(t *testing.T) {
	large := &fstest.MapFile{Data: make([]byte, streamFrom)}
	app, err := New(Options{
		Assets: fstest.MapFS{"index.html": {Data: []byte(blank)}, "large": large},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := openPage(t, app, WindowOptions{})
	flood := func() {
		t.Helper()
		p.start(`for (let i = 0; i < 200; i++) fetch('/large');
			for (const end = Date.now() + 5000; Date.now() < end;);`)
		eventually(t, "answers to wait", func() bool {
			return p.served.Stats().Waiting >= assetReaders
		})
	}
	over := func(what string) {
		t.Helper()
		eventually(t, "the end of the requests after "+what, func() bool {
			return p.served.Stats().Requests == 0
		})
	}
	flood()
	if err := p.app.call(func() error { p.native.Kill(); return nil }); err != nil {
		t.Fatal(err)
	}
	over("the process's end")
	p.Reload()
	p.waitLoaded()
	var n int
	p.run(`const one = async () => (await (await fetch('/large')).arrayBuffer()).byteLength;
		const all = Array.from({ length: 100 }, one);
		return (await Promise.all(all)).filter((n) => n === `+fmt.Sprint(streamFrom)+`).length`, &n)
	if n != 100 {
		t.Errorf("the next page got %d of 100 files", n)
	}
	flood()
	p.Close()
	over("the window's")
}
