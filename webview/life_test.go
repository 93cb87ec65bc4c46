//go:build linux && cgo

package webview

import (
	"fmt"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// lifeCase is something that happens to a page in the middle of its stream.
type lifeCase struct {
	name string
	run  func(*subject) outcome
}

// outcome is a row of TestPageLife's table.
type outcome struct {
	inGo, inPage string
	recovered    time.Duration // from the act, or from its end, until the stream's next message
}

var lifeCases = []lifeCase{
	{"reload", reloaded},
	{"reload by the page", reloadedByPage},
	{"another origin and back", awayAndHome},
	{"back-forward cache", restoredFromOwn},
	{"back-forward cache, another origin between", restoredFromForeign},
	{"window closed", windowClosed},
	{"web process killed", processKilled},
	{"web process killed while loading", killedWhileLoading},
	{"web process killed before the first page", killedBeforeFirst},
	{"frozen", frozen},
	{"hung, terminated", hung},
	{"hidden", hidden},
	{"minimized", minimized},
}

// TestPageLife does to a page what users, crashes and desktops do, over both carriers, and prints
// what each side sees of it. After each case this process holds what it held before, and another
// window has noticed nothing.
func TestPageLife(t *testing.T) {
	var rows []string
	lifeCarriers(t, func(t *testing.T, kind CarrierKind) {
		l, w, files := newLives(), &witness{}, newLifeFiles()
		o := Options{
			Carrier: kind, Assets: files, KeepRunning: true,
			Engine: transport.Options{
				RingBytes: lifeRing,
			},
			OnNavigate: func(Navigation) NavigationAction { return NavigationAllow },
		}
		app := newApp(t, o, func(e *transport.Engine) { l.register(e); w.register(e) })
		w.begin(t, app)
		newSubject(t, app, l, "warm-up").shutDown()
		for _, c := range lifeCases {
			t.Run(c.name, func(t *testing.T) {
				defer w.borrow(t)()
				before := settled(t, app)
				w.gap()
				processes := webProcesses(t)
				s := newSubject(t, app, l, "subject")
				s.files, s.process = files, newProcess(t, processes)
				got := c.run(s)
				s.shutDown()
				returnsTo(t, app, before, c.name)
				eventually(t, "the web process to end", func() bool {
					return len(webProcesses(t)) <= len(processes)
				})
				rows = append(rows, fmt.Sprintf("| %s | %v | %s | %s | %.0f ms | %.0f ms |", c.name,
					kind, got.inGo, got.inPage, ms(got.recovered), ms(w.gap())))
			})
		}
		w.end()
	})
	t.Log(markdown("| case | carrier | Go sees | page sees | recovered in | longest gap of "+
		"another window's stream, a message each 5 ms |", rows))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
