package carriertest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// Setup says how a page comes onto the carrier that is tested, and what that promises beyond what
// every carrier must.
type Setup struct {
	// Name is what the carrier's Name is when the page is there.
	Name string
	// Join is called for each page, before its session is opened. It completes the page's
	// configuration: Carrier, which makes the carrier, and the page's ways to Go, Send or Network.
	// What it returns, if not nil, is called when the session is open: it starts what hands batches
	// to the page (transporttest.Page.Handle), and returns when the page is there. What has to be
	// tidied up is so by t.Cleanup.
	Join func(t testing.TB, c *transporttest.Config) (opened func(*transporttest.Page))
	// Ordered: batches reach the page in the order in which the carrier took them.
	Ordered bool
	// Lossy: on the way batches get lost, cut or repeated, which the carrier finds out and tells.
	// Without it nothing is sent twice, and nothing comes twice.
	Lossy bool
	// Lends: the page reads what lies in memory of the carrier's Alloc until the batch has its
	// receipt. Without it no byte of a batch is read after Deliver.
	Lends bool
	// Bubble has each case run in a bubble of testing/synctest, for carriers that wait for nothing
	// outside of the process.
	Bubble bool
	// Patience is how long what must come may take. Default 30 seconds.
	Patience time.Duration
}

// testCase is one thing that every carrier must do. It fails by t.
type testCase struct {
	name string
	run  func(t testing.TB, s Setup)
}

var cases = []testCase{
	{"order, down", orderDown},
	{"order, up", orderUp},
	{"both ways at once", bothWays},
	{"results after messages", resultsAfterMessages},
	{"events and evals", eventsAndEvals},
	{"large messages", largeMessages},
	{"large arguments and results", largeBodies},
	{"many channels", manyChannels},
	{"a page that does not read", pageDoesNotRead},
	{"a page that stands still", pageStandsStill},
	{"Go does not read", goDoesNotRead},
	{"a quiet time", quietTime},
	{"Go ends the session", goEnds},
	{"Go ends it while the page stands still", goEndsStandstill},
	{"the page breaks a rule", pageBreaksRule},
	{"the end while all send", endWhileSending},
	{"figures and log", figures},
}

// Run runs the suite, each case as a subtest.
func Run(t *testing.T, s Setup) {
	if s.Join == nil {
		t.Fatal("carriertest: Setup.Join must be set")
	}
	if s.Patience == 0 {
		s.Patience = 30 * time.Second
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if s.Bubble {
				synctest.Test(t, func(t *testing.T) { c.run(t, s) })
			} else {
				c.run(t, s)
			}
		})
	}
}
