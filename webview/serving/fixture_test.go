package serving

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
)

// Origin is where the pages of these tests are served.
const Origin = origin.OfScheme

// blank is a page.
const blank = `<!doctype html><meta charset=utf-8><title>page</title>`

// patience bounds every wait of the tests.
const patience = 30 * time.Second

func wait[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("timeout: waited for %s", what)
	}
	panic("unreachable")
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timeout: waited for %s", what)
		}
	}
}

// lockedLog is a log that may be read meanwhile.
type lockedLog struct {
	logger *slog.Logger
	mu     sync.Mutex
	b      bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	loglimit.Flush(l.logger, patience)
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// warningLog gives a logger, and what it logs from warnings on.
func warningLog() (*slog.Logger, *lockedLog) {
	l := new(lockedLog)
	h := slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelWarn})
	l.logger = loglimit.New(slog.New(h))
	return l.logger, l
}

// pagesOf makes Pages from options that are right.
func pagesOf(o Options) *Pages {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	p, err := New(o)
	if err != nil {
		panic(fmt.Sprintf("wrong options: %v", err))
	}
	return p
}

func filesOf(o Options) *assets { return pagesOf(o).assets }

// targetOf reads what stands behind the origin in a URL.
func targetOf(target string) *url.URL { return pagesOf(Options{}).origins.Target(target) }

// viewerOf makes a viewer without sessions.
func viewerOf(p *Pages) *Viewer { return p.Viewer(ViewerOptions{Label: "main"}) }

// recorder is a Responder that keeps the status.
type recorder struct{ status chan int }

func (r recorder) Control(status int, _ ContentKind, _ bool, _ [][]byte, _ int) {
	r.status <- status
}

func (r recorder) Answer(status int, _ http.Header, _ bool, _ []byte, _ func()) {
	r.status <- status
}

func (r recorder) Stream(status int, _ http.Header, _ bool, _ int64) (Body, error) {
	r.status <- status
	return nil, io.ErrClosedPipe
}

// asks gives the status of the answer to a request.
func asks(v *Viewer, r Request) int {
	to := recorder{make(chan int, 1)}
	v.Serve(&r, to)
	return <-to.status
}
