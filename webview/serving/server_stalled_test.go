package serving

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"
)

// stalled sends a request by hand, and reads nothing of the answer.
func (s *server) stalled(t *testing.T, method, path, header, body string) {
	t.Helper()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n%s", method, path, s.Listener.Addr(),
		header, body)
}

// TestServerStalledClients: clients that read nothing of their answers lose place and room in
// bounded time, for those who wait.
func TestServerStalledClients(t *testing.T) {
	data := make([]byte, 16<<20)
	files := fstest.MapFS{"small.txt": {Data: []byte("x")}}
	for i := range assetReaders {
		files[fmt.Sprintf("%d/large.bin", i)] = &fstest.MapFile{Data: data}
	}
	o := Options{Assets: files, Fallback: http.HandlerFunc(
		func(rw http.ResponseWriter, r *http.Request) {
			for range 16 {
				_, _ = rw.Write(data[:1<<20])
			}
		})}
	for _, c := range []struct {
		n    int
		path string
	}{
		{assetReaders, "/%d/large.bin"},     // take all places
		{roomBytes / roomPiece, "/api/%d/"}, // take all room
	} {
		s := startServer(t, o, ViewerOptions{})
		s.viewer.stall = 100 * time.Millisecond
		for i := range c.n {
			path := fmt.Sprintf(c.path, i)
			s.stalled(t, "GET", path, "Referer: "+s.URL+"/\r\n", "")
		}
		eventually(t, "all requests to have come", func() bool {
			s.viewer.asked.mu.Lock()
			defer s.viewer.asked.mu.Unlock()
			return s.viewer.asked.last >= uint64(c.n)
		})
		s.viewer.stall = stallTime // for those who wait: a busy machine may take over 100 ms
		for _, header := range [][]string{
			{"Referer", s.URL + "/"}, append([]string{"Sec-Fetch-Site", "none"}, document...),
		} {
			ctx, leave := context.WithTimeout(t.Context(), patience)
			r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/small.txt", nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(header); i += 2 {
				r.Header.Set(header[i], header[i+1])
			}
			if a, err := http.DefaultTransport.RoundTrip(r); err != nil {
				t.Errorf("%s: who waits gets no file: %v, %+v", c.path, err, s.viewer.Stats())
			} else {
				a.Body.Close()
			}
			leave()
		}
		eventually(t, "the ends of all", func() bool { return s.viewer.Stats().Requests == 0 })
	}
}

// clocked notes how often its client gets time anew.
type clocked struct {
	*httptest.ResponseRecorder
	renewed, cut int
}

func (c *clocked) SetWriteDeadline(end time.Time) error {
	if end.After(time.Now()) {
		c.renewed++
	} else {
		c.cut++
	}
	return nil
}

// TestServerPieces: a client has its time for each piece of an answer, unless its server has a
// bound of its own.
func TestServerPieces(t *testing.T) {
	p := pagesOf(Options{
		Origin: "http://localhost", Assets: fstest.MapFS{"a": {Data: make([]byte, 4*httpPiece)}},
	})
	for bound, want := range map[time.Duration]int{
		0:         5, // the head, and four pieces
		time.Hour: 0,
	} {
		rw := &clocked{ResponseRecorder: httptest.NewRecorder()}
		r := httptest.NewRequest("GET", "http://localhost/a", nil)
		r = r.WithContext(context.WithValue(t.Context(), http.ServerContextKey,
			&http.Server{WriteTimeout: bound}))
		p.Viewer(ViewerOptions{}).ServeHTTP(rw, r)
		if rw.renewed != want || rw.cut != 0 || rw.Body.Len() != 4*httpPiece {
			t.Errorf("%v: renewed %d times, cut %d, %d bytes", bound, rw.renewed, rw.cut,
				rw.Body.Len())
		}
	}
}

// TestServerGoneEndsHandlers: the end of a viewer ends handlers that write to a client that reads
// nothing, and those that read what does not come.
func TestServerGoneEndsHandlers(t *testing.T) {
	over := make(chan error, 1)
	var steps atomic.Int64
	s := startServer(t, Options{Fallback: http.HandlerFunc(
		func(rw http.ResponseWriter, r *http.Request) {
			b := make([]byte, roomPiece)
			for {
				var err error
				if r.Method == "GET" {
					_, err = rw.Write(b)
				} else {
					_, err = r.Body.Read(b)
				}
				if err != nil {
					over <- err
					return
				}
				steps.Add(1)
			}
		})}, ViewerOptions{})
	s.viewer.stall = 10 * patience
	for _, c := range []struct{ method, header, body string }{
		{"GET", "", ""}, {"POST", "Content-Length: 100\r\n", "x"},
	} {
		steps.Store(0)
		s.stalled(t, c.method, "/x", c.header, c.body)
		last, since := int64(0), time.Now()
		eventually(t, "the handler to be stuck", func() bool {
			if n := steps.Load(); n != last {
				last, since = n, time.Now()
			}
			return last > 0 && time.Since(since) > 100*time.Millisecond
		})
		s.viewer.Gone(false)
		t.Logf("%s has ended: %v", c.method, wait(t, over, "the end of the handler of a "+c.method))
		eventually(t, "the request's end", func() bool { return s.viewer.Stats().Requests == 0 })
	}
}

// TestServerFullDuplex: a handler answers each piece of a body as it comes, as in a window.
func TestServerFullDuplex(t *testing.T) {
	s := startServer(t, Options{Fallback: http.HandlerFunc(
		func(rw http.ResponseWriter, r *http.Request) {
			b := make([]byte, 4<<10)
			for {
				n, err := r.Body.Read(b)
				if _, failed := rw.Write(b[:n]); failed != nil || err != nil {
					return
				}
				rw.(http.Flusher).Flush()
			}
		})}, ViewerOptions{})
	ctx, leave := context.WithTimeout(t.Context(), patience)
	defer leave()
	body, pieces := io.Pipe()
	defer pieces.Close()
	defer context.AfterFunc(ctx, func() { pieces.CloseWithError(ctx.Err()) })()
	r, err := http.NewRequestWithContext(ctx, "POST", s.URL+"/echo", body)
	if err != nil {
		t.Fatal(err)
	}
	go pieces.Write([]byte("0"))
	a, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	for i := range 8 {
		b := make([]byte, 1)
		if _, err := io.ReadFull(a.Body, b); err != nil || !bytes.Equal(b, []byte{'0' + byte(i)}) {
			t.Fatalf("piece %d: %q, %v", i, b, err)
		}
		if _, err := pieces.Write([]byte{'1' + byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestServerUnreadBodies: a connection goes on behind a body that its handler has not read.
func TestServerUnreadBodies(t *testing.T) {
	s := startServer(t, Options{Fallback: http.HandlerFunc(
		func(http.ResponseWriter, *http.Request) {})}, ViewerOptions{})
	failed, log := warningLog()
	s.Config.ErrorLog = slog.NewLogLogger(failed.Handler(), slog.LevelError)
	body := strings.Repeat("x", 100<<10)
	for range 64 {
		if a := s.ask(t, "POST", "/x", body); a.status != 200 {
			t.Errorf("%+v", a)
		}
	}
	if text := log.String(); text != "" {
		t.Errorf("the server: %.500s", text)
	}
}
