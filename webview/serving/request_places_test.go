package serving

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"
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
		folders := foldersOf(targetOf(fmt.Sprintf("/live/x%%2F..%%2f%%2E.%%2F%d/x", i)).Path)
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
	v := viewerOf(pagesOf(Options{}))
	for i := range maxRequests + 1 {
		name := fmt.Sprintf("/live/x/../../%d/x", i)
		if (v.asked.begin(t.Context(), byUnknown, Origin, name, 0) == nil) != (i == maxRequests) {
			t.Fatalf("request %d: it is not the bound, which is %d", i, maxRequests)
		}
	}
	if v.asked.begin(t.Context(), byUnknown, Origin, "/pictures/x", 0) == nil {
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
	s := startServer(t, Options{
		Assets: slowFiles{
			fstest.MapFS{"slow.txt": {Data: []byte("slow")}, "abc.txt": {Data: []byte("abc")}},
			next,
		},
		Logger: logger,
	}, ViewerOptions{})
	pages := s.pages
	pages.assets.time = limit
	statuses := make(chan int, assetReaders+1)
	for range assetReaders + 1 {
		go func() { statuses <- s.get(t, "/slow.txt").status }()
	}
	for range assetReaders + 1 {
		if status := wait(t, statuses, "the answers"); status != 504 {
			t.Errorf("a file that does not come: %d", status)
		}
	}
	if n := pages.overstaying.Load(); n != assetReaders+1 {
		t.Errorf("%d functions overstay", n)
	}
	if r := s.get(t, "/abc.txt"); r.status != 200 {
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
		return pages.overstaying.Load() == 0
	})
	pages.assets.time = patience
	go func() {
		for range reads {
			next <- struct{}{}
		}
	}()
	if r := s.get(t, "/slow.txt"); r.status != 200 || r.text != "slow" {
		t.Errorf("a file that comes on: %+v", r)
	}
}
