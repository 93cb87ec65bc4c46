//go:build linux && cgo

package webview

import (
	"fmt"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
)

// heapSlack is what the Go heap may grow by however many pages come and go: what is in flight when
// it is measured differs.
const heapSlack = 4 << 20

// TestPagesLeaveNothing reloads a page in the middle of its stream, and kills its web process,
// again and again, and prints what the processes hold before and after.
func TestPagesLeaveNothing(t *testing.T) {
	var rows []string
	lifeCarriers(t, func(t *testing.T, kind CarrierKind) {
		l := newLives()
		app := newApp(t, Options{Carrier: kind, Assets: newLifeFiles(), KeepRunning: true,
			Engine: transport.Options{RingBytes: lifeRing}}, l.register)
		before := webProcesses(t)
		s := newSubject(t, app, l, "subject")
		s.process = newProcess(t, before)
		reload := func() {
			old := s.Session()
			s.Reload()
			s.next(old)
		}
		kill := func() {
			before, old := webProcesses(t), s.Session()
			s.kill()
			s.next(old)
			s.process = newProcess(t, before)
		}
		s.OnCrash(func(string) { s.Reload() })
		for _, c := range []struct {
			name  string
			times int
			act   func()
		}{
			{"reloads", verifyOr(1000, 20), reload},
			{"kills of the web process", verifyOr(50, 3), kill},
		} {
			for range 3 { // what is made once
				c.act()
			}
			s.flowing()
			here, there := collected(app), processFootprint(s.process)
			for range c.times {
				c.act()
			}
			s.flowing()
			returnsTo(t, app, here, fmt.Sprint(c.times, " ", c.name))
			now, then := collected(app), processFootprint(s.process)
			if now.heap > here.heap+heapSlack {
				t.Errorf("%d %s: the heap grew from %d to %d bytes", c.times, c.name, here.heap,
					now.heap)
			}
			if then.shared > there.shared || then.kinds["eventfd"] > there.kinds["eventfd"] {
				t.Errorf("%d %s: the web process held %+v, and holds %+v", c.times, c.name, there,
					then)
			}
			rows = append(rows, fmt.Sprintf("| %v | %d %s | %d → %d | %.1f → %.1f MB | %d → %d | "+
				"%d → %d | %d → %d | %d → %d | %.0f → %.0f MB |",
				kind, c.times, c.name, here.goroutines, now.goroutines, float64(here.heap)/1e6,
				float64(now.heap)/1e6,
				here.descriptors, now.descriptors, here.mappings, now.mappings,
				there.descriptors, then.descriptors, there.mappings, then.mappings,
				float64(there.resident)/1e6, float64(then.resident)/1e6))
		}
	})
	t.Log(markdown("| carrier | after | goroutines | Go heap | descriptors | mappings | web "+
		"process: descriptors | mappings | resident |", rows))
}

// next waits until a new page is loaded and has its first message.
func (s *subject) next(old *transport.Session) {
	s.t.Helper()
	wait(s.t, old.Done(), "the old session's end")
	s.first = wait(s.t, s.lives.arrived, "the new page's first message")
	s.waitLoaded()
	if s.first.session == old {
		s.t.Fatal("the new page has the old session")
	}
}

// flowing waits until the page's stream is in full flow, over its carrier.
func (s *subject) flowing() {
	s.t.Helper()
	s.carriedBy(carrierNames[s.kind])
	s.goesOn(s.first)
	s.life() // has nothing to complain of
}
