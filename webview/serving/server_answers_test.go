package serving

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"
)

// plainWriter is a writer as many handlers have it around others: it notes the status, and has
// neither Flush nor Unwrap.
type plainWriter struct {
	http.ResponseWriter
	status int
}

func (w *plainWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// TestServerBehindWriters: an answer comes whole through writers that can't be flushed.
func TestServerBehindWriters(t *testing.T) {
	for name, around := range map[string]func(http.Handler) http.Handler{
		"who notes the status": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				h.ServeHTTP(&plainWriter{ResponseWriter: rw}, r)
			})
		},
		"http.TimeoutHandler": func(h http.Handler) http.Handler {
			return http.TimeoutHandler(h, patience, "late")
		},
	} {
		s := startBehind(t, Options{Assets: fstest.MapFS{
			"large.bin": {Data: make([]byte, 3*streamFrom)},
		}}, ViewerOptions{}, around)
		if a := s.get(t, "/large.bin"); a.cut || a.status != 200 || len(a.text) != 3*streamFrom {
			t.Errorf("%s: status %d, %d bytes, cut %v", name, a.status, len(a.text), a.cut)
		}
	}
}

// breaking panics in place of what it is asked for, as a broken writer of the app's does.
type breaking struct {
	http.ResponseWriter
	head bool // only the head comes
}

func (w breaking) WriteHeader(status int) {
	if !w.head {
		panic(http.ErrAbortHandler)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (breaking) Write([]byte) (int, error) { panic(http.ErrAbortHandler) }

// TestServerBehindBrokenWriter: a writer that panics leaves nothing of its requests behind.
func TestServerBehindBrokenWriter(t *testing.T) {
	for _, head := range []bool{false, true} {
		s := startBehind(t, Options{Assets: fstest.MapFS{
			"large.bin": {Data: make([]byte, 3*streamFrom)}, "small": {Data: make([]byte, 1<<20)},
		}}, ViewerOptions{}, func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				h.ServeHTTP(breaking{rw, head}, r)
			})
		})
		for _, path := range []string{"/large.bin", "/small", "/small"} {
			if a, err := http.Get(s.URL + path); err == nil {
				_, err = io.ReadAll(a.Body)
				a.Body.Close()
				if err == nil {
					t.Errorf("%s came", path)
				}
			}
		}
		eventually(t, "the requests' ends, and all of the room", func() bool {
			s.viewer.room.mu.Lock()
			defer s.viewer.room.mu.Unlock()
			return s.viewer.asked.load().n == 0 && s.viewer.room.used-s.viewer.room.sent == 0
		})
	}
}

// TestServerFlushOfHead: the first flush has the head sent, so that an EventSource opens before its
// first event.
func TestServerFlushOfHead(t *testing.T) {
	end := make(chan struct{})
	s := startServer(t, Options{Fallback: http.HandlerFunc(
		func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "text/event-stream")
			rw.(http.Flusher).Flush()
			<-end
		})}, ViewerOptions{})
	ctx, leave := context.WithTimeout(t.Context(), patience)
	defer leave()
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultTransport.RoundTrip(r)
	close(end)
	if err != nil {
		t.Fatalf("the head does not come: %v", err)
	}
	a.Body.Close()
	if got := a.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("its type is %q", got)
	}
}

// TestServerAbortBeforeHead: a handler that aborts before it has written has the connection cut, as
// by package http.
func TestServerAbortBeforeHead(t *testing.T) {
	s := startServer(t, Options{Fallback: http.HandlerFunc(
		func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })}, ViewerOptions{})
	if a, err := http.Get(s.URL + "/x"); err == nil {
		a.Body.Close()
		t.Errorf("status %d", a.StatusCode)
	}
	eventually(t, "the request's end", func() bool { return s.viewer.Stats().Requests == 0 })
}

// TestServerDeadline: what is late for a handler around the viewer is no empty answer that looks
// whole, whether the viewer's own handler sees the end or not.
func TestServerDeadline(t *testing.T) {
	end := make(chan struct{})
	s := startBehind(t, Options{Fallback: http.HandlerFunc(
		func(rw http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			if r.URL.Path == "/stays" {
				<-end
			}
		})}, ViewerOptions{}, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			ctx, leave := context.WithTimeout(r.Context(), time.Millisecond)
			if r.URL.Path == "/canceled" {
				leave()
			}
			defer leave()
			h.ServeHTTP(rw, r.WithContext(ctx))
		})
	})
	defer close(end)
	for range 20 { // the handler's end, and the viewer's, come in any order
		for path, want := range map[string]int{"/stays": 504, "/ends": 504, "/canceled": 503} {
			a := s.get(t, path)
			if a.status != want || a.text == "" ||
				a.header.Get("Cache-Control") != "no-store" {
				t.Fatalf("%s: %+v, want %d", path, a, want)
			}
		}
	}
}

// hanging are files of which some hang as they are opened.
type hanging struct {
	fs.FS
	begun atomic.Int64
	end   chan struct{}
}

func (h *hanging) Open(name string) (fs.File, error) {
	if strings.HasPrefix(name, "hang") {
		h.begun.Add(1)
		<-h.end
		return nil, fs.ErrNotExist
	}
	return h.FS.Open(name)
}

// TestServerGoneWhileWaiting: what waits for its place as its page goes is refused. It has no empty
// answer that looks whole.
func TestServerGoneWhileWaiting(t *testing.T) {
	files := &hanging{
		FS:  fstest.MapFS{"app.js": {Data: []byte("the script")}},
		end: make(chan struct{}),
	}
	var handlers atomic.Int64
	s := startServer(t, Options{Assets: files, Fallback: http.HandlerFunc(
		func(rw http.ResponseWriter, r *http.Request) {
			handlers.Add(1)
			<-files.end
		})}, ViewerOptions{})
	var all sync.WaitGroup
	defer all.Wait()
	defer close(files.end)
	var begun int64
	asks := func(path string) <-chan answered {
		begun++
		came := make(chan answered, 1)
		all.Go(func() { came <- s.get(t, path, "Referer", s.URL+"/") })
		eventually(t, "the request", func() bool {
			return int64(s.viewer.Stats().Requests) == begun
		})
		return came
	}
	for i := range assetHandlers {
		asks(fmt.Sprintf("/api/%d", i))
	}
	eventually(t, "all handlers", func() bool { return handlers.Load() == assetHandlers })
	last := asks("/last")
	places := &s.viewer.seats[byPage].handlers
	eventually(t, "one to wait for a handler", func() bool {
		places.mu.Lock()
		defer places.mu.Unlock()
		return len(places.waiting) == 1
	})
	for i := range assetReaders {
		asks(fmt.Sprintf("/hang%d", i))
	}
	eventually(t, "all places", func() bool { return files.begun.Load() == assetReaders })
	script := asks("/app.js")
	s.viewer.asked.mu.Lock()
	for a := range s.viewer.asked.running {
		if strings.HasSuffix(a.uri, "/last") || strings.HasSuffix(a.uri, "/app.js") {
			a.cancel(ErrGone) // as Gone does, which frees the places, too
		}
	}
	s.viewer.asked.mu.Unlock()
	for _, came := range []<-chan answered{last, script} {
		if a := wait(t, came, "an answer"); a.status != 503 {
			t.Errorf("what waited: status %d, %q, %v", a.status, a.text, a.header)
		}
	}
}

// keeping is a Host that leaves its hello to the test.
type keeping struct{ reply chan Reply }

func (h keeping) Hello(_ *Request, a Reply) { h.reply <- a }
func (keeping) Page() Page                  { return nil }

// TestServerAnswersTwice: a Host that answers more than once, or behind the end of its request,
// does not hang.
func TestServerAnswersTwice(t *testing.T) {
	h := keeping{make(chan Reply, 1)}
	s := startServer(t, Options{}, ViewerOptions{Sessions: h})
	done := make(chan struct{})
	go func() {
		defer close(done)
		a := <-h.reply
		for i := range 3 {
			a.JSON(200+i, []byte("{}"))
		}
		if _, err := a.To.Stream(200, http.Header{}, false, 1); err == nil {
			t.Error("a stream is begun behind the answer")
		}
	}()
	a := s.ask(t, "POST", "/.tailrace/hello", "", "Tailrace-Version", "1")
	if a.status != 200 || a.text != "{}" {
		t.Errorf("%+v", a)
	}
	wait(t, done, "the Host")
}
