//go:build linux && cgo

package webview

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// verifying says that make verify runs: the same tests do more.
var verifying = os.Getenv("TAILRACE_VERIFY") == "1"

// verifyOr gives the figure of make verify, or that of make test.
func verifyOr[T any](verify, short T) T {
	if verifying {
		return verify
	}
	return short
}

// pageLived is Go's end of one page of lifePage: a stream that is busy in both directions, and the
// command that brought it and runs as long as the page lives.
type pageLived struct {
	session *transport.Session
	stream  *transport.Stream[[]byte, []byte]
	sent    atomic.Int64
	heard   atomic.Int64
	// How each ended; valid when ended is closed.
	send, receive, command error
	ended                  chan none
}

// lives registers the commands of lifePage, and tells of each page whose first message has arrived
// there.
type lives struct {
	arrived chan *pageLived
	mu      sync.Mutex
	all     map[*transport.Session]*pageLived
}

const (
	liveMessage = 1000                 // bytes
	liveBurst   = 50                   // messages at once
	livePause   = 5 * time.Millisecond // between bursts: 10 MB/s at most
)

func newLives() *lives {
	return &lives{arrived: make(chan *pageLived, 100), all: map[*transport.Session]*pageLived{}}
}

func (l *lives) register(e *transport.Engine) {
	type args struct {
		Stream *transport.Stream[[]byte, []byte]
	}
	caller(e)
	transport.Handle(e, "live", func(ctx context.Context, a args) (none, error) {
		s := transport.SessionFrom(ctx)
		me := &pageLived{session: s, stream: a.Stream, ended: make(chan none)}
		l.mu.Lock()
		l.all[me.session] = me
		l.mu.Unlock()
		defer func() {
			l.mu.Lock()
			delete(l.all, me.session)
			l.mu.Unlock()
		}()
		defer close(me.ended)
		var wg sync.WaitGroup
		wg.Go(func() { me.send = me.sendAll() })
		wg.Go(func() { me.receive = me.receiveAll() })
		<-ctx.Done()
		me.command = context.Cause(ctx)
		wg.Wait()
		return none{}, nil
	})
	transport.Handle(e, "first", func(ctx context.Context, _ none) (none, error) {
		l.mu.Lock()
		me := l.all[transport.SessionFrom(ctx)]
		l.mu.Unlock()
		if me != nil {
			l.arrived <- me
		}
		return none{}, nil
	})
}

// sendAll sends numbered messages until that fails. No context of the command's ends it.
func (l *pageLived) sendAll() error {
	pause := time.NewTicker(livePause)
	defer pause.Stop()
	m := make([]byte, liveMessage)
	for n := 0; ; n++ {
		if n%liveBurst == 0 {
			<-pause.C
		}
		binary.LittleEndian.PutUint32(m, uint32(n))
		if err := l.stream.Send(context.Background(), m); err != nil {
			return err
		}
		l.sent.Add(1)
	}
}

func (l *pageLived) receiveAll() error {
	for n := 0; ; n++ {
		m, err := l.stream.Receive(context.Background())
		if err != nil {
			return err
		}
		if len(m) != 4 || binary.LittleEndian.Uint32(m) != uint32(n) {
			return fmt.Errorf("message %v where %d is due", m, n)
		}
		l.heard.Add(1)
	}
}

// lifePage begins to live when it is shown: at its load, and when it comes back from the
// back-forward cache. What it says of itself is in life; a page that came back has what it was
// before in life.before.
const lifePage = blank + `<script>
	function live(before) {
		const mine = { down: 0, up: 0, error: '', closed: '', call: '', thawed: 0, recovered: 0,
			last: 0, gap: 0, before };
		globalThis.life = mine;
		const code = (e) => e === undefined ? 'closed' : e.code ?? String(e);
		const stream = new tailrace.Channel((m) => {
			const n = new DataView(m.buffer, m.byteOffset).getUint32(0, true);
			if (n !== mine.down || m.length !== 1000) mine.error ||= 'message ' + n + ' of ' +
				m.length + ' bytes where ' + mine.down + ' is due';
			if (mine.down++ === 0) tailrace.invoke('first').catch((e) => {
				mine.error ||= 'first: ' + code(e); });
			const now = performance.now();
			if (mine.last > 0) mine.gap = Math.max(mine.gap, now - mine.last);
			mine.last = now;
			if (mine.thawed > 0 && mine.recovered === 0) mine.recovered = now - mine.thawed;
			if (n % 16 === 0) {
				const up = new Uint8Array(4);
				new DataView(up.buffer).setUint32(0, mine.up++, true);
				stream.send(up).catch(() => {});
			}
		});
		stream.onclose = (e) => { mine.closed = code(e); };
		tailrace.invoke('live', { stream }).then(() => { mine.call = 'result';
			}, (e) => { mine.call = code(e); });
	}
	live(null);
	addEventListener('pageshow', (e) => { if (e.persisted) live(globalThis.life); });
</script>`

// lifeFiles are the assets, with lifePage as index.html.
//
// thaw.txt is there when a page that is frozen may go on.
type lifeFiles struct {
	fs.FS
	thaw  *atomic.Bool
	asked *atomic.Int64 // how often it was asked for
}

func newLifeFiles() lifeFiles {
	return lifeFiles{fstest.MapFS{
		"index.html": {Data: []byte(lifePage)},
		"other.html": {Data: []byte(blank)},
		"thaw.txt":   {Data: []byte("thaw")},
	}, new(atomic.Bool), new(atomic.Int64)}
}

func (f lifeFiles) Open(name string) (fs.File, error) {
	if name == "thaw.txt" {
		f.asked.Add(1)
		if !f.thaw.Load() {
			return nil, fs.ErrNotExist
		}
	}
	return f.FS.Open(name)
}

// closedError gives why a channel or session ended; nil: err is no such error.
func closedError(err error) *transport.ClosedError {
	var closed *transport.ClosedError
	if !errors.Is(err, transport.ErrClosed) || !errors.As(err, &closed) {
		return nil
	}
	return closed
}

// pageLife is what lifePage says of itself.
type pageLife struct {
	Down, Up            int
	Error, Closed, Call string
	Gap, Recovered      float64 // ms
	Before              *pageLife
}

func (p *testPage) life() pageLife {
	p.t.Helper()
	var l pageLife
	p.run(`return life`, &l)
	if l.Error != "" {
		p.t.Errorf("the page says: %s", l.Error)
	}
	return l
}

// lifeCarriers runs a test over both carriers.
func lifeCarriers(t *testing.T, test func(*testing.T, CarrierKind)) {
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		t.Run(kind.String(), func(t *testing.T) { test(t, kind) })
	}
}

// subject is a window whose page is about to have something happen to it.
type subject struct {
	*testPage
	lives   *lives
	kind    CarrierKind
	files   lifeFiles
	process string     // its web process
	first   *pageLived // of the page that it has
}

// newSubject opens a window that shows lifePage, and waits until its stream flows both ways.
func newSubject(t *testing.T, app *App, l *lives, label string) *subject {
	t.Helper()
	s := &subject{testPage: openPage(t, app, WindowOptions{Label: label}), lives: l,
		kind: app.options.Carrier}
	s.first = s.flows()
	return s
}

// flows waits for a page's first message, and until some have come up.
func (s *subject) flows() *pageLived {
	s.t.Helper()
	l := wait(s.t, s.lives.arrived, "a page's first message")
	if l.session != s.Session() {
		s.t.Error("the message is of a session that is not the window's")
	}
	s.carriedBy(carrierNames[s.kind])
	s.goesOn(l)
	return l
}

// goesOn waits until more messages have gone both ways.
func (s *subject) goesOn(l *pageLived) {
	s.t.Helper()
	down, up := l.sent.Load()+200, l.heard.Load()+10
	eventually(s.t, "more messages, down and up", func() bool {
		return l.sent.Load() >= down && l.heard.Load() >= up
	})
}

// ends checks what Go sees of a page that is gone, and says it in words.
func (s *subject) ends(l *pageLived, reason string) string {
	s.t.Helper()
	wait(s.t, l.session.Done(), "the session's end")
	wait(s.t, l.ended, "the end of the page's sender, receiver and command")
	for what, err := range map[string]error{"the session": l.session.Err(), "Send": l.send,
		"Receive": l.receive, "the command's context": l.command} {
		if closed := closedError(err); closed == nil || closed.Reason != reason ||
			closed.Cause != nil {
			s.t.Errorf("%s ended with %v, want the reason %q", what, err, reason)
		}
	}
	return fmt.Sprintf("ErrClosed: %s", reason)
}
