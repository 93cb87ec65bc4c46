package serving

import (
	"context"
	"hash/maphash"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A request has a place while functions of the app answer it: the files, or Options.Fallback. So
// one kind of who asks takes no place from another, and a function that does not return keeps its
// goroutine, but not the place of a page that comes later.

// asker is who has sent a request, as far as WebKit tells.
type asker int

const (
	// byPage is a document of ours that fetches: Referer or Origin say so.
	byPage asker = iota
	// byUnknown has neither header: pictures, scripts, styles, fonts, frames, event sources and
	// what XMLHttpRequest gets, of our documents and of others alike, and fetches that hide their
	// sender.
	byUnknown
	// byOutside is a document of another origin, or of none.
	byOutside
	// byNavigation is the main frame, which shows another document.
	byNavigation
	askers
)

// assetReaders bounds the files that a window has open at once for each kind of who asks,
// assetHandlers the calls of Options.Fallback; its further requests wait.
const (
	assetReaders  = 64
	assetHandlers = 64
)

// outsideReaders and outsideHandlers are those for documents of other origins. Such a place is kept
// until the function has returned, whatever becomes of the page: that bounds those that never do.
const (
	outsideReaders  = 8
	outsideHandlers = 8
)

// WebKit does not tell whose a request of byUnknown is, so those share by what they ask for: a
// folder, and a file in it, may take as much of a bound as it leaves free. So one folder takes half
// at most, another one half of what is left, and so on: who asks for files or handlers that never
// answer takes from those in the same folders, and from others only if there are such things in
// many. It is the rule of "dynamic thresholds", with which switches share their memory among queues
// (Choudhury and Hahne, 1998).

// folder is one of a path's folders, or the path itself. It is a hash, since paths are long and
// looked up often: those that wait are looked through whenever a place is free.
type folder uint64

var folderSeed = maphash.MakeSeed()

// folderLevels are the folders of a path that count as such; those below are one with their file.
const folderLevels = 3

// maxOverstaying bounds the functions of an app that have not returned though nobody waits for them
// any more: the page is gone, or a file's time is over. Each may hold a thread, of which Go takes
// 10,000 before it ends the program. They take no places from the next document. What shows no
// sender shares this bound by folders, too.
const maxOverstaying = 4096

// seats are all places of a window.
type seats [askers]struct{ readers, handlers places }

func newSeats() *seats {
	s := new(seats)
	for kind := range s {
		readers, handlers := assetReaders, assetHandlers
		if asker(kind) == byOutside {
			readers, handlers = outsideReaders, outsideHandlers
		}
		s[kind].readers, s[kind].handlers = newPlaces(readers), newPlaces(handlers)
	}
	return s
}

// overstaying counts the functions of a folder that have not returned though their page is gone.
func (s *seats) overstaying(by asker, f folder) int {
	return s[by].readers.overstaying(f) + s[by].handlers.overstaying(f)
}

// places are those of a window for one kind of who asks. Any goroutine may use them.
type places struct {
	most int

	mu      sync.Mutex
	taken   int
	inside  map[folder]int // functions that have a place
	late    map[folder]int // those that had one, and have not returned
	waiting []*queued      // in the order in which they came
}

func newPlaces(most int) places {
	return places{most: most, inside: map[folder]int{}, late: map[folder]int{}}
}

// queued is who waits for a place.
type queued struct {
	folders []folder
	ready   chan struct{} // closed when it has its place
}

// take waits for a place, for which leave or overstay must be called. false: ctx has ended.
func (p *places) take(ctx context.Context, folders []folder) bool {
	w := &queued{folders, make(chan struct{})}
	p.mu.Lock()
	p.waiting = append(p.waiting, w)
	p.admit()
	p.mu.Unlock()
	select {
	case <-w.ready:
	case <-ctx.Done():
	}
	if ctx.Err() == nil {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.waiting, w); i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	} else {
		p.end(folders)
	}
	return false
}

// leave gives a place to somebody else: its function has returned.
func (p *places) leave(folders []folder) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(folders)
}

// overstay does so though it has not returned. When it has, returned must be called.
func (p *places) overstay(folders []folder) {
	p.mu.Lock()
	defer p.mu.Unlock()
	add(p.late, folders, 1)
	p.end(folders)
}

func (p *places) returned(folders []folder) {
	p.mu.Lock()
	defer p.mu.Unlock()
	add(p.late, folders, -1)
}

func (p *places) overstaying(f folder) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.late[f]
}

// end gives a place to somebody else. The caller holds the lock.
func (p *places) end(folders []folder) {
	p.taken--
	add(p.inside, folders, -1)
	p.admit()
}

// add adds to the counts of folders.
func add(counts map[folder]int, folders []folder, change int) {
	for _, f := range folders {
		if counts[f] += change; counts[f] == 0 {
			delete(counts, f)
		}
	}
}

// admit gives places to those who wait, as far as there are some.
func (p *places) admit() {
	left := p.waiting[:0]
	for i, w := range p.waiting {
		if p.taken == p.most {
			left = append(left, p.waiting[i:]...)
			break
		}
		if !p.fits(w.folders) {
			left = append(left, w)
			continue
		}
		p.taken++
		add(p.inside, w.folders, 1)
		close(w.ready)
	}
	clear(p.waiting[len(left):])
	p.waiting = left
}

// fits says whether each of the folders leaves free what it has.
func (p *places) fits(folders []folder) bool {
	free := p.most - p.taken
	for _, f := range folders {
		if p.inside[f] >= free {
			return false
		}
		free -= p.inside[f]
	}
	return true
}

// foldersOf gives the folders of a path, from the root on, and the path itself. A ".." in it comes
// from an escaped slash, as WebKit resolves all others, and some handlers resolve it, others don't,
// as those of http.ServeMux. So all paths with one have a folder of their own above the others:
// "/x/a%2F..%2F..%2Fb" may be meant for /x or for /b.
func foldersOf(name string) []folder {
	all := make([]folder, 0, folderLevels+2)
	add := func(name string) { all = append(all, folder(maphash.String(folderSeed, name))) }
	levels := folderLevels
	if strings.Contains("/"+name+"/", "/../") {
		add("..")
		levels++
	}
	name = path.Clean("/" + name)
	for i := 1; i < len(name) && len(all) < levels; i++ {
		if name[i] == '/' {
			add(name[:i])
		}
	}
	add(name)
	return all
}

// stay is a request's time in its place. The goroutine that answers it calls the methods; only
// giveUp may be called by others.
type stay struct {
	seats *seats
	by    asker
	name  string // the path
	ctx   context.Context
	over  *atomic.Int64 // those of the app that overstay

	in      *places // nil: nowhere
	folders []folder
	stop    func() bool // keeps giveUp from being called

	mu    sync.Mutex
	place bool // it has one of in
	late  bool // it had one, and is counted in over
}

// read waits for a place among those who read files, instead of the one that it has, handle for one
// among the handlers. false: the page is gone.
func (s *stay) read() bool {
	return s.enter(func() *places { return &s.seats[s.by].readers })
}

func (s *stay) handle() bool {
	return s.enter(func() *places { return &s.seats[s.by].handlers })
}

func (s *stay) enter(which func() *places) bool {
	s.leave()
	if s.ctx.Err() != nil {
		return false
	}
	in := which()
	var folders []folder
	if s.by == byUnknown {
		folders = foldersOf(s.name)
	}
	if !in.take(s.ctx, folders) {
		return false
	}
	s.mu.Lock()
	s.in, s.folders, s.place = in, folders, true
	s.mu.Unlock()
	s.stop = context.AfterFunc(s.ctx, s.giveUp)
	return true
}

// giveUp gives the place to somebody else, since nobody waits for this request any more. Any
// goroutine may call it.
func (s *stay) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.place || s.by == byOutside {
		return
	}
	s.place, s.late = false, true
	s.over.Add(1)
	s.in.overstay(s.folders)
}

// leave gives the place back: the function has returned.
func (s *stay) leave() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.place:
		s.in.leave(s.folders)
	case s.late:
		s.over.Add(-1)
		s.in.returned(s.folders)
	}
	s.in, s.place, s.late = nil, false, false
}
