//go:build linux && (amd64 || arm64)

package shm

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// lines collects what is logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// with gives the lines with a text in them.
func (l *lines) with(text string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// TestCarrierIsLoggedOnce: a session's log has one line with its carrier, that which it has, once
// that is settled; and one more when it goes over to another, with the reason.
func TestCarrierIsLoggedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		attach bool
		down   string
		want   []string
	}{
		"the page attaches": {true, "", []string{"carrier=shm"}},
		"it never does":     {false, "", nil},
		"it can't":          {false, "no luck", []string{`carrier=memory reason="no luck"`}},
		"it fails when it has data": {
			true, "worn out", []string{"carrier=shm", `carrier=memory reason="worn out"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log lines
			e, err := transport.NewEngine(transport.Options{
				Logger: slog.New(slog.NewTextHandler(&log, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			settled := &watched{settled: make(chan struct{}, 4)}
			carrier := func(p *pulls.Carrier) transport.Carrier {
				own, err := New(p, Options{Logger: quiet})
				if err != nil {
					t.Fatal(err)
				}
				settled.Carrier = own
				return settled
			}
			p, err := transporttest.Open(e, transporttest.Config{Carrier: carrier})
			if err != nil {
				t.Fatal(err)
			}
			if c.attach {
				newPeer(t, settled.Offer()).state(pageAttached)
				<-settled.settled
			}
			if c.down != "" {
				settled.Down(c.down)
				// the first batch over the pulls
				if err := p.Session.Event([]uint32{1}, false, []byte("1")); err != nil {
					t.Fatal(err)
				}
				<-settled.settled
			}
			p.Close()
			flushed := log.with("session ended")
			for len(flushed) == 0 {
				flushed = log.with("session ended")
			}
			got := log.with("carrier=")
			if len(got) != len(c.want) {
				t.Fatalf("the log says %q, want %q", got, c.want)
			}
			for i, want := range c.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("line %d is %q, want %q in it", i, got[i], want)
				}
			}
		})
	}
}

// watched is a carrier whose port tells when it is settled.
type watched struct {
	*Carrier
	settled chan struct{}
}

func (w *watched) Bind(p transport.Port, o transport.Options) {
	w.Carrier.Bind(&watchedPort{p, w.settled}, o)
}

type watchedPort struct {
	transport.Port
	settled chan struct{}
}

func (p *watchedPort) Settled() {
	p.Port.Settled()
	p.settled <- struct{}{}
}
