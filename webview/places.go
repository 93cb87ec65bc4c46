package webview

import (
	"context"
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
	// byUnknown has neither header: pictures, scripts, styles, fonts, frames, event sources and what
	// XMLHttpRequest gets, of our documents and
	// of others alike.
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

// samePath bounds the places that requests of unknown origin have for one path. So a path that
// never answers takes few of them, whoever asks.
const samePath = 16

// maxOverstaying bounds the functions of an app that have not returned though nobody waits for them
// any more: the page is gone, or a file's time is over. Each may hold a thread, of which Go takes
// 10,000 before it ends the program.
const maxOverstaying = 4096

// places are those of a window, or of one kind of who asks in it.
type places struct{ readers, handlers chan struct{} }

// seats are all places of a window.
type seats struct {
	kinds [askers]places

	mu    sync.Mutex
	paths map[string]*pathPlaces // of requests of unknown origin
}

// pathPlaces are those for one path.
type pathPlaces struct {
	taken chan struct{}
	users int // who has one or waits for one; guarded by seats.mu
}

func newSeats() *seats {
	s := &seats{paths: map[string]*pathPlaces{}}
	for kind := range s.kinds {
		readers, handlers := assetReaders, assetHandlers
		if asker(kind) == byOutside {
			readers, handlers = outsideReaders, outsideHandlers
		}
		s.kinds[kind] = places{make(chan struct{}, readers), make(chan struct{}, handlers)}
	}
	return s
}

// stay is a request's time in its place. The goroutine that answers it calls the methods; only
// giveUp may be called by others.
type stay struct {
	seats *seats // nil: there are places for everybody
	by    asker
	name  string // the path
	ctx   context.Context
	over  *atomic.Int64 // those of the app that overstay

	path *pathPlaces // a place of it is held; nil: none
	stop func() bool // keeps giveUp from being called

	mu    sync.Mutex
	place chan struct{} // where it has an element; nil: nowhere
	late  bool          // it had one, and is counted in over
}

// read waits for a place among those who read files, instead of the one that it has, handle for one
// among the handlers. false: the page is gone.
func (s *stay) read() bool   { return s.enter(func(p places) chan struct{} { return p.readers }) }
func (s *stay) handle() bool { return s.enter(func(p places) chan struct{} { return p.handlers }) }

func (s *stay) enter(which func(places) chan struct{}) bool {
	s.leave()
	if s.ctx.Err() != nil {
		return false
	}
	if s.seats == nil {
		return true
	}
	if s.by == byUnknown && s.path == nil {
		p := s.seats.path(s.name)
		select {
		case p.taken <- struct{}{}:
			s.path = p
		case <-s.ctx.Done():
			s.seats.drop(s.name, p)
			return false
		}
	}
	place := which(s.seats.kinds[s.by])
	select {
	case place <- struct{}{}:
	case <-s.ctx.Done():
		return false
	}
	s.mu.Lock()
	s.place = place
	s.mu.Unlock()
	s.stop = context.AfterFunc(s.ctx, s.giveUp)
	return true
}

// giveUp gives the place to somebody else, since nobody waits for this request any more. Any
// goroutine may call it.
func (s *stay) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.place == nil || s.by == byOutside {
		return
	}
	<-s.place
	s.place, s.late = nil, true
	s.over.Add(1)
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
	case s.place != nil:
		<-s.place
		s.place = nil
	case s.late:
		s.late = false
		s.over.Add(-1)
	}
}

// end leaves for good.
func (s *stay) end() {
	s.leave()
	if s.path != nil {
		<-s.path.taken
		s.seats.drop(s.name, s.path)
		s.path = nil
	}
}

// path gives the places for a path, for which drop must be called.
func (s *seats) path(name string) *pathPlaces {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.paths[name]
	if p == nil {
		p = &pathPlaces{taken: make(chan struct{}, samePath)}
		s.paths[name] = p
	}
	p.users++
	return p
}

func (s *seats) drop(name string, p *pathPlaces) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.users--; p.users == 0 {
		delete(s.paths, name)
	}
}
