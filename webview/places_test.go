//go:build linux && cgo

package webview

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// TestPlaces: each kind of who asks has places of its own, and places end with their page, but for
// those of others.
func TestPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, over := newSeats(), new(atomic.Int64)
		gone, goAway := context.WithCancel(t.Context())
		enter := func(ctx context.Context, by asker, name string) *stay {
			s := &stay{seats: all, by: by, name: name, ctx: ctx, over: over}
			entered := make(chan bool, 1)
			go func() {
				ok := s.read()
				if !ok {
					s.leave()
				}
				entered <- ok
			}()
			synctest.Wait()
			select {
			case ok := <-entered:
				if ok {
					return s
				}
			default:
			}
			return nil
		}
		most := map[asker]int{
			byPage: assetReaders, byUnknown: assetReaders, byOutside: outsideReaders,
			byNavigation: assetReaders,
		}
		inside := map[asker][]*stay{}
		for by, n := range most {
			for i := range n {
				s := enter(gone, by, fmt.Sprint("/", i))
				if s == nil {
					t.Fatalf("kind %d: request %d has no place beside %d", by, i, n)
				}
				inside[by] = append(inside[by], s)
			}
			if enter(gone, by, "/more") != nil {
				t.Errorf("kind %d: more than %d have a place", by, n)
			}
		}
		goAway()
		synctest.Wait()
		if n := over.Load(); n != 3*assetReaders {
			t.Errorf("%d functions overstay, want %d", n, 3*assetReaders)
		}
		for by, n := range most {
			ctx, end := context.WithCancel(t.Context())
			s := enter(ctx, by, "/next")
			if (s == nil) != (by == byOutside) {
				t.Errorf("kind %d: after the page's end there is a place: %v", by, s != nil)
			}
			if s == nil {
				end()
				synctest.Wait()
			}
			for _, s := range inside[by][:n] {
				s.leave()
			}
			if s != nil {
				s.leave()
			}
			end()
		}
		synctest.Wait()
		if n := over.Load(); n != 0 {
			t.Errorf("%d functions overstay when all have returned", n)
		}
		for by := range all {
			for _, p := range []*places{&all[by].readers, &all[by].handlers} {
				if p.taken != 0 || len(p.inside)+len(p.late)+len(p.waiting) != 0 {
					t.Errorf("kind %d: %d places are taken in the end, %v, %d wait, %v", by,
						p.taken, p.inside,
						len(p.waiting), p.late)
				}
			}
		}
	})
}

// TestPlacesOfFolders: of the places for requests that show no sender, who asks for what never
// answers takes few beyond the folders in which that is, and none from the next document.
func TestPlacesOfFolders(t *testing.T) {
	endless := func(t *testing.T, p *places, ctx context.Context, name string) (n int) {
		for {
			ctx, cancel := context.WithCancel(ctx)
			taken := make(chan bool, 1)
			go func() { taken <- p.take(ctx, foldersOf(name)) }()
			synctest.Wait()
			select {
			case ok := <-taken:
				if !ok {
					t.Fatal("the context has ended")
				}
			default:
				cancel()
				if <-taken {
					t.Fatal("a place was taken though the context has ended")
				}
				return n
			}
			n++
			if n > p.most {
				t.Fatal("there are more places than there may be")
			}
			_ = cancel
		}
	}
	for _, c := range []struct {
		names []string
		want  []int
	}{
		{[]string{"/a"}, []int{32}},
		{[]string{"/a/b"}, []int{22}},
		{[]string{"/a/b/c", "/a/b/d", "/a/c", "/b"}, []int{16, 4, 8, 18}},
		{[]string{"/a/b/c/d/e", "/a/b/c/d/f"}, []int{13, 3}},
		{[]string{"/a", "//a", "/./a", "/x/../a", "a", "/a/"}, []int{32, 0, 0, 0, 0, 0}},
		{[]string{"/1", "/2", "/3", "/4", "/5", "/6", "/7"}, []int{32, 16, 8, 4, 2, 1, 1}},
		{[]string{"/", ""}, []int{32, 0}},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &newSeats()[byUnknown].readers
			for i, name := range c.names {
				if got := endless(t, p, t.Context(), name); got != c.want[i] {
					t.Errorf("%q, as the %d. of %q, has %d places, want %d", name, i+1, c.names,
						got, c.want[i])
				}
			}
		})
	}
	// What overstays leaves its folder to the next document.
	synctest.Test(t, func(t *testing.T) {
		all, in := newSeats(), foldersOf("/a/b")
		p, n := &all[byUnknown].handlers, 0
		for range 100 {
			had := endless(t, p, t.Context(), "/a/b")
			for range had {
				p.overstay(in)
			}
			n += had
		}
		if n != 2200 || all.overstaying(byUnknown, in[0]) != n || p.taken != 0 {
			t.Errorf("%d functions, of which %d overstay; %d places are taken", n,
				all.overstaying(byUnknown, in[0]), p.taken)
		}
	})
	// A place that is free goes to the first who may have it.
	synctest.Test(t, func(t *testing.T) {
		p := &newSeats()[byUnknown].readers
		endless(t, p, t.Context(), "/a")
		ctx, end := context.WithCancel(t.Context())
		var order []string
		for _, name := range []string{"/a", "/a", "/b", "/b"} {
			go func() {
				if p.take(ctx, foldersOf(name)) {
					order = append(order, name)
				}
			}()
			synctest.Wait()
		}
		for range 2 {
			p.leave(foldersOf("/a"))
		}
		synctest.Wait()
		if got := fmt.Sprint(order); got != "[/b /b /a]" {
			t.Errorf("the places went to %s", got)
		}
		end()
		synctest.Wait()
	})
}

// TestPlacesOfEscapedFolders: a handler that takes "%2F.." for a part of a name answers all these,
// though they are in as many folders as there are names.
func TestPlacesOfEscapedFolders(t *testing.T) {
	p := &newSeats()[byUnknown].readers
	for i := range 1000 {
		folders := foldersOf(parseTarget(fmt.Sprintf("/live/x%%2F..%%2f%%2E.%%2F%d/x", i)).Path)
		if p.taken < p.most && p.fits(folders) {
			p.taken++
			add(p.inside, folders, 1)
		}
	}
	if p.taken == 0 || p.taken > p.most/2 {
		t.Errorf("they have %d places of %d", p.taken, p.most)
	}
	if !p.fits(foldersOf("/pictures/x")) {
		t.Error("another folder has no place")
	}
	w := newWindow(&App{}, "main")
	for i := range maxRequests + 1 {
		name := fmt.Sprintf("/live/x/../../%d/x", i)
		if (w.asked.begin(w, byUnknown, Origin, name, 0) == nil) != (i == maxRequests) {
			t.Fatalf("request %d: it is not the bound, which is %d", i, maxRequests)
		}
	}
	if w.asked.begin(w, byUnknown, Origin, "/pictures/x", 0) == nil {
		t.Error("a request in another folder is refused")
	}
}

// TestPlacesOfLongPaths: those that wait are looked through as fast when their paths are long.
func TestPlacesOfLongPaths(t *testing.T) {
	fastest := func(folder string) time.Duration {
		p := &newSeats()[byUnknown].readers
		p.taken = p.most / 2
		add(p.inside, foldersOf(folder+"/b"), p.taken/2)
		for i := range 4000 {
			name := fmt.Sprint(folder, "/b/c/", i)
			p.waiting = append(p.waiting, &queued{foldersOf(name), make(chan struct{})})
		}
		best := time.Hour
		for range 20 {
			begun := time.Now()
			p.admit()
			best = min(best, time.Since(begun))
		}
		if len(p.waiting) != 4000 {
			t.Errorf("%d wait", len(p.waiting))
		}
		return best
	}
	short, long := fastest("/a"), fastest("/"+strings.Repeat("a", 4000))
	t.Logf("short paths %v, long ones %v", short, long)
	if long > 5*short {
		t.Errorf("it took %v, and %v when paths are short", long, short)
	}
}

// TestMaxOverstaying: functions of the app that never return are bounded.
func TestMaxOverstaying(t *testing.T) {
	g, err := newOrigins("")
	if err != nil {
		t.Fatal(err)
	}
	logger, log := warningLog()
	app := &App{origins: g, log: logger, assets: newAssets(Options{Logger: logger})}
	w := newWindow(app, "main")
	w.origin = Origin
	r := recorder{make(chan int, 1)}
	late := foldersOf("/late/x")
	for range maxOverstaying / 2 {
		add(w.seats[byUnknown].handlers.late, late, 1)
	}
	for _, c := range []struct {
		path string
		n    int64
		want int
	}{
		{"/x", maxOverstaying - 1, 404},
		{"/x", maxOverstaying, 503},
		{"/late/x", maxOverstaying/2 - 1, 404}, // as many as it leaves
		{"/late/y", maxOverstaying / 2, 503},
		{"/x", maxOverstaying / 2, 404},
	} {
		app.overstaying.Store(c.n)
		w.request(&view.Request{Method: "GET", URI: Origin + c.path, Active: Origin}, r)
		if status := <-r.status; status != c.want {
			t.Errorf("%s beside %d functions that have not returned: status %d, want %d", c.path,
				c.n,
				status, c.want)
		}
	}
	if !strings.Contains(log.String(), "have not returned") {
		t.Errorf("the log does not say it: %s", log)
	}
}

// slowFile gives its bytes one by one, each when it is told to.
type slowFile struct {
	fs.File
	next <-chan struct{}
}

func (s slowFile) Read(p []byte) (int, error) {
	<-s.next
	return s.File.Read(p[:1])
}

type slowFiles struct {
	fs.FS
	next <-chan struct{}
}

func (s slowFiles) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil || !strings.HasPrefix(name, "slow") {
		return f, err
	}
	return slowFile{f, s.next}, nil
}

// TestFileTime: a file that does not come is answered with 504, and its place is free; one that
// comes on, however slowly, is served.
func TestFileTime(t *testing.T) {
	const limit = 400 * time.Millisecond
	logger, log := warningLog()
	next := make(chan struct{}, 100)
	app := newApp(t, Options{
		Assets: slowFiles{withFiles(fstest.MapFS{"slow.txt": {Data: []byte("slow")}}), next},
		Logger: logger,
	}, func(*transport.Engine) {})
	app.assets.time = limit
	p := openPage(t, app, WindowOptions{})
	answers := p.start(`const all = Array.from({ length: ` + fmt.Sprint(assetReaders+1) + ` },
		() => fetch('/slow.txt').then((r) => r.status));
		return [...new Set(await Promise.all(all))]`)
	var statuses []int
	if p.decode(wait(t, answers, "the answers"), &statuses); fmt.Sprint(statuses) != "[504]" {
		t.Errorf("files that don't come: %v", statuses)
	}
	if n := app.overstaying.Load(); n != assetReaders+1 {
		t.Errorf("%d functions overstay", n)
	}
	if r := p.fetch("/abc.txt", `{}`); r.Status != 200 {
		t.Errorf("another file: %+v", r)
	}
	if !strings.Contains(log.String(), "takes too long") {
		t.Errorf("the log does not say it: %s", log)
	}
	const reads = len("slow") + 1
	for range (assetReaders + 1) * reads {
		next <- struct{}{}
	}
	eventually(t, "all functions to have returned", func() bool {
		return app.overstaying.Load() == 0
	})
	app.assets.time = patience
	go func() {
		for range reads {
			next <- struct{}{}
		}
	}()
	if r := p.fetch("/slow.txt", `{}`); r.Status != 200 || r.Text != "slow" {
		t.Errorf("a file that comes on: %+v", r)
	}
}

// TestAskers: who has sent a request is known of what pages and frames fetch, and of the main
// frame.
func TestAskers(t *testing.T) {
	frame := http.Header{"Upgrade-Insecure-Requests": {"1"}}
	for _, c := range []struct {
		name   string
		in     view.Request
		origin string // of the page that the window shows
		leads  bool   // the main frame loads
		want   asker
	}{
		{"a fetch of our page", view.Request{Header: http.Header{"Referer": {Origin + "/"}}},
			Origin,
			false,
			byPage},
		{"a module of our page", view.Request{Origin: Origin, Header: http.Header{}}, Origin, false,
			byPage},
		{"a picture", view.Request{Header: http.Header{}}, Origin, false, byUnknown},
		{"a fetch of another page", view.Request{Header: http.Header{"Referer": {"http://a.b/"}}},
			Origin,
			false, byOutside},
		{"one of a data: frame", view.Request{Header: http.Header{"Referer": {"data:text/html,x"}}},
			Origin,
			false, byOutside},
		{"a frame of the same document", view.Request{Header: frame},
			Origin, false, byUnknown},
		{"the main frame", view.Request{Header: frame}, Origin, true,
			byNavigation},
		{"the main frame of a foreign page",
			view.Request{Header: frame}, "", false, byNavigation},
		{"another frame meanwhile", view.Request{URI: Origin + "/other",
			Header: frame}, Origin, true, byUnknown},
	} {
		in := c.in
		in.Active = Origin + "/x"
		if in.URI == "" {
			in.URI = in.Active + "#y"
		}
		referer := in.Header.Get("Referer")
		foreign := c.origin == "" || referer != "" && (origins{}).own(referer) == ""
		w := &Window{origin: c.origin, leading: c.leads}
		if got := w.askerOf(&in, foreign); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestMaxOutside: documents of other origins have few requests, and take none from our pages; so do
// navigations of the main frame.
func TestMaxOutside(t *testing.T) {
	for by, most := range map[asker]load{
		byOutside:    {maxOutside, maxOutsideHeads},
		byNavigation: {maxNavigations, maxNavigationHeads},
	} {
		w := newWindow(&App{}, "main")
		for n := range most.n {
			if w.asked.begin(w, by, Origin, "/", 0) == nil {
				t.Fatalf("kind %d: request %d was refused", by, n)
			}
		}
		if w.asked.begin(w, by, Origin, "/", 0) != nil {
			t.Errorf("kind %d: there are more than %d", by, most.n)
		}
		w = newWindow(&App{}, "main")
		a := w.asked.begin(w, by, Origin, "/", most.bytes)
		if a == nil || w.asked.begin(w, by, Origin, "/", 1) != nil {
			t.Errorf("kind %d: the bound is not %d bytes", by, most.bytes)
		}
		if w.asked.begin(w, byPage, Origin, "/", maxRequestHeads) == nil {
			t.Errorf("kind %d takes from our pages' requests", by)
		}
		w.asked.end(a)
		if w.asked.loads[by] != (load{}) {
			t.Errorf("kind %d: %v is left", by, w.asked.loads[by])
		}
	}
}
