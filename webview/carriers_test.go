//go:build linux && cgo

package webview

import (
	"testing"

	"github.com/tailrace-go/tailrace/transport"
)

// carrierCases are the conformance suite: what every carrier must do, in a real page. A case gets
// the options that choose the carrier, opens its page with conversation, and fails by t.
var carrierCases = map[string]func(*testing.T, Options){
	"order, raw":                   func(t *testing.T, o Options) { orderIntoPage(t, o, 100_000) },
	"order, JSON":                  orderOfJSON,
	"order, upward":                orderUpward,
	"large messages":               largeMessages,
	"raw commands":                 rawCommands,
	"as many calls as may be":      callsAtLimit,
	"result after messages":        resultAfterMessages,
	"events and evals":             func(t *testing.T, o Options) { eventOrder(t, o, 1500) },
	"latest only":                  latestOnly,
	"Go closes with an error":      closeWithError,
	"the page closes":              pageCloses,
	"a page that stops reading":    func(t *testing.T, o Options) { stalledPage(t, o, 64<<20) },
	"a message that is given up":   givenUp,
	"flush and cancel":             flushAndCancel,
	"transfer to a worker":         transferToWorker,
	"borrowed":                     borrowed,
	"borrowed, not read at once":   borrowedLate,
	"borrowed can not be iterated": borrowedIterator,
}

// carrierNames are the carriers' names in SessionStats.
var carrierNames = map[CarrierKind]string{CarrierScheme: "scheme", CarrierShm: "shm"}

func TestCarriers(t *testing.T) {
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		t.Run(kind.String(), func(t *testing.T) {
			for name, run := range carrierCases {
				t.Run(name, func(t *testing.T) { run(t, Options{Carrier: kind}) })
			}
		})
	}
}

// conversation opens a page that has a session, over the carrier that o names, and sees at the end
// that it still is that one.
func conversation(t *testing.T, o Options, register func(*transport.Engine)) *testPage {
	t.Helper()
	p := openPage(t, newApp(t, o, func(e *transport.Engine) { caller(e); register(e) }),
		WindowOptions{Label: "main"})
	p.run(`await tailrace.invoke('caller')`, nil)
	if want := carrierNames[o.Carrier]; want != "" {
		p.carriedBy(want)
		t.Cleanup(func() { // before the window is closed
			if s := p.Session(); s == nil {
				t.Error("the session has ended")
			} else if got := s.Stats(); got.Carrier != want {
				t.Errorf("at the end the carrier is %q (%s), want %q", got.Carrier, got.Reason,
					want)
			}
		})
	}
	return p
}

// carriedBy waits until the session is carried so.
func (p *testPage) carriedBy(name string) {
	p.t.Helper()
	eventually(p.t, "carrier "+name, func() bool {
		s := p.Session()
		return s != nil && s.Stats().Carrier == name
	})
}

// runLong is run for what moves much data.
func (p *testPage) runLong(body string, into any) {
	p.t.Helper()
	p.decode(waitLong(p.t, p.start(body)), into)
}
