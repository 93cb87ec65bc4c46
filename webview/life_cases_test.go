//go:build linux && cgo

package webview

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tailrace-go/tailrace/bus"
)

const newDocument = "page reloaded or navigated"

// anew waits for the page after the one that l is Go's end of, and sees that it starts clean: with
// a session of its own, in which nothing has happened but what it does itself. lifePage sees that
// its messages begin with the first.
func (s *subject) anew(act time.Time, l *pageLived) (*pageLived, time.Duration) {
	s.t.Helper()
	next := wait(s.t, s.lives.arrived, "the new page's first message")
	took := time.Since(act)
	if next.session == l.session || next.session.ID() == l.session.ID() {
		s.t.Error("the new page has the old session")
	}
	s.carriedBy(carrierNames[s.kind])
	s.goesOn(next)
	if st := next.session.Stats(); st.Opened != 1 || st.Running != 1 {
		s.t.Errorf("the new session has opened %d channels and runs %d commands, want one each",
			st.Opened, st.Running)
	}
	var v string
	s.run(`return await tailrace.invoke('caller')`, &v)
	if v != "subject "+Origin {
		s.t.Errorf("a command of the new page saw %q", v)
	}
	return next, took
}

// fresh is anew for a page that is loaded, not restored.
func (s *subject) fresh(act time.Time, l *pageLived) time.Duration {
	s.t.Helper()
	_, took := s.anew(act, l)
	s.waitLoaded()
	if s.life().Before != nil {
		s.t.Error("the page was restored, not loaded")
	}
	return took
}

const startsClean = "a new session, message 0 first"

func reloaded(s *subject) outcome {
	act := time.Now()
	s.Reload()
	return outcome{s.ends(s.first, newDocument), startsClean, s.fresh(act, s.first)}
}

func reloadedByPage(s *subject) outcome {
	act := time.Now()
	s.run(`setTimeout(() => location.reload())`, nil)
	return outcome{s.ends(s.first, newDocument), startsClean, s.fresh(act, s.first)}
}

func awayAndHome(s *subject) outcome {
	server := foreign(s.t, blank)
	defer server.Close()
	if err := s.Navigate(server.URL); err != nil {
		s.t.Fatal(err)
	}
	seen := s.away()
	act := time.Now()
	if err := s.Navigate("index.html"); err != nil {
		s.t.Fatal(err)
	}
	return outcome{seen, startsClean, s.fresh(act, s.first)}
}

// away checks what Go sees while a page of another origin is shown.
func (s *subject) away() string {
	s.t.Helper()
	seen := s.ends(s.first, "page navigated to another origin")
	s.waitLoaded()
	if s.Session() != nil {
		s.t.Error("a page of another origin has a session")
	}
	var has []bool
	s.run(`return ['tailrace' in globalThis, '__tailrace_memory' in globalThis]`, &has)
	if has[0] || has[1] {
		s.t.Errorf("a page of another origin has the client, and the memory: %v", has)
	}
	if err := s.Eval("0"); !errors.Is(err, bus.ErrForeign) {
		s.t.Errorf("Eval in a page of another origin gave %v", err)
	}
	return seen + "; Eval: ErrForeign meanwhile"
}

// back has the page's history go back, to a page that is restored, with its heap.
func (s *subject) back() (string, time.Duration) {
	s.t.Helper()
	act := time.Now()
	s.run(`setTimeout(() => history.back())`, nil)
	_, took := s.anew(act, s.first)
	before := s.life().Before
	switch {
	case before == nil:
		s.t.Fatal("the page was loaded anew, not restored")
	case before.Error != "" || before.Closed != "restored" || before.Call != "restored" ||
		before.Down == 0:
		s.t.Errorf("the restored page says of its time before: %+v", *before)
	}
	return "the old channel and call end with the code restored; " + startsClean, took
}

func restoredFromOwn(s *subject) outcome {
	s.run(`setTimeout(() => { location.href = 'other.html' })`, nil)
	seen := s.ends(s.first, newDocument)
	s.waitLoaded()
	page, took := s.back()
	return outcome{seen, page, took}
}

func restoredFromForeign(s *subject) outcome {
	server := foreign(s.t, blank)
	defer server.Close()
	s.run(`setTimeout(() => { location.href = `+strconv.Quote(server.URL)+` })`, nil)
	seen := s.away()
	page, took := s.back()
	return outcome{seen, page, took}
}

func windowClosed(s *subject) outcome {
	s.Close()
	seen := s.ends(s.first, "window closed")
	wait(s.t, s.Done(), "the window's end")
	if s.app.Window("subject") != nil {
		s.t.Error("the App has the window still")
	}
	act := time.Now()
	again := openPage(s.t, s.app, WindowOptions{Label: "subject"})
	s.testPage = again
	_, took := s.anew(act, s.first)
	return outcome{seen, "another window of that label: " + startsClean, took}
}

// crashes has the window reload when its web process ends, and hears of it.
func (s *subject) crashes() (told <-chan string, event <-chan string) {
	s.t.Helper()
	reasons := make(chan string, 10)
	s.OnCrash(func(reason string) {
		reasons <- reason
		s.Reload()
	})
	return reasons, s.hear(EventWebviewCrashed)
}

func (s *subject) kill() {
	s.t.Helper()
	pid, err := strconv.Atoi(s.process)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		s.t.Fatal(err)
	}
}

// crashed checks what Go is told of a web process that has ended.
func (s *subject) crashed(reasons, events <-chan string, reason string) string {
	s.t.Helper()
	seen := s.ends(s.first, "web process ended: "+reason)
	if got := wait(s.t, reasons, "OnCrash"); got != reason {
		s.t.Errorf("OnCrash got %q, want %q", got, reason)
	}
	if got, want := wait(s.t, events, "the event"), fmt.Sprintf(`{"label":"subject","reason":%q}`,
		reason); got != want {
		s.t.Errorf("the event has %s, want %s", got, want)
	}
	return seen + "; OnCrash(" + reason + "), event"
}

func processKilled(s *subject) outcome {
	reasons, events := s.crashes()
	act := time.Now()
	s.kill()
	seen := s.crashed(reasons, events, "crashed")
	return outcome{seen, "Reload: " + startsClean, s.fresh(act, s.first)}
}

// The page is about to be replaced, and has no session.
func killedWhileLoading(s *subject) outcome {
	reasons, events := s.crashes()
	act := time.Now()
	s.Reload()
	wait(s.t, s.first.session.Done(), "the old page's end")
	s.kill()
	seen := s.ends(s.first, newDocument)
	if got := wait(s.t, reasons, "OnCrash"); got != "crashed" {
		s.t.Errorf("OnCrash got %q", got)
	}
	wait(s.t, events, "the event")
	return outcome{seen + "; OnCrash(crashed), event", "Reload: " + startsClean,
		s.fresh(act, s.first)}
}

// The window has never shown a page. WebKit has nothing to reload then.
func killedBeforeFirst(s *subject) outcome {
	s.shutDown()
	asked := make(chan none, 100)
	var answers atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked <- none{}
		if !answers.Load() {
			<-r.Context().Done()
			return
		}
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprint(rw, lifePage)
	}))
	defer server.Close()
	app := newApp(s.t, Options{Carrier: s.kind, DevURL: server.URL, KeepRunning: true},
		s.lives.register)
	before := webProcesses(s.t)
	w, err := app.Open(WindowOptions{Label: "subject"})
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { w.Destroy(); wait(s.t, w.Done(), "the window's end") }()
	reasons := make(chan string, 10)
	w.OnCrash(func(reason string) {
		reasons <- reason
		w.Reload()
	})
	wait(s.t, asked, "the first request")
	answers.Store(true)
	s.process = newProcess(s.t, before)
	act := time.Now()
	s.kill()
	wait(s.t, reasons, "OnCrash")
	if l := wait(s.t, s.lives.arrived, "the first page's first message"); l.session != w.Session() {
		s.t.Error("the message is of a session that is not the window's")
	}
	return outcome{"OnCrash(crashed)", "Reload: a session, and its stream", time.Since(act)}
}
