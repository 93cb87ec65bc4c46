package webview

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tailrace-go/tailrace/internal/faults"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/transport/carrier/shm"
	"github.com/tailrace-go/tailrace/webview/internal/view"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// CarrierKind is what carries data between Go and the pages.
type CarrierKind int

const (
	// CarrierAuto is shared memory where it works, else the custom scheme. SessionStats.Carrier and
	// Reason and the log say which it is and why. A session whose shared memory fails goes on over
	// the scheme, without loss.
	CarrierAuto CarrierKind = iota
	// CarrierScheme is the custom scheme alone. When all Apps of a program have it, the package
	// leaves WebKit's web extensions alone: a program that loads some of its own needs that, as
	// WebKit has one directory for them.
	CarrierScheme
	// CarrierShm is shared memory from the start: a page that can't have it gets no session, and
	// its calls fail with what is missing. A session whose shared memory fails later goes on over
	// the scheme all the same.
	CarrierShm
)

func (k CarrierKind) String() string {
	switch k {
	case CarrierAuto:
		return "auto"
	case CarrierScheme:
		return "scheme"
	case CarrierShm:
		return "shm"
	}
	return fmt.Sprintf("CarrierKind(%d)", int(k))
}

// schemeName is the scheme carrier's name in figures and logs.
const schemeName = "scheme"

// Bounds of Options.SharedBytes. The region is address space: memory is used for what is in it.
const (
	defaultShared = 512 << 20
	largestShared = 64 << 30
	sharedSlot    = 4 << 20 // what comes and goes at once; see transport/carrier/shm
)

// withDefaultShared checks Options.SharedBytes against the engine's options.
func withDefaultShared(shared int64, e transport.Options) (int64, error) {
	if shared == 0 {
		return max(defaultShared, int64(e.SessionBytes)), nil
	}
	least := slots(e.ControlBytes) + slots(e.RingBytes)
	if shared < least || shared > largestShared {
		return 0, fmt.Errorf("webview: options: SharedBytes is %d, must be %d "+
			"(Engine.ControlBytes and one ring of Engine.RingBytes) to %d", shared, least,
			int64(largestShared))
	}
	return shared, nil
}

// slots rounds up to whole slots.
func slots(n int) int64 { return (int64(n) + sharedSlot - 1) / sharedSlot * sharedSlot }

// reasoned is the scheme, and why it is that.
type reasoned struct {
	*pulls.Carrier
	reason string
}

// Reason tells SessionStats.
func (r reasoned) Reason() string { return r.reason }

// errNoExtension is a platform whose web processes load no extension.
var errNoExtension = errors.New("webview: the system has no shared memory with its pages")

// sharedMemory makes the shared memory of a page. The error says why the page can't have it.
func (w *Window) sharedMemory(p *pulls.Carrier, extended bool) (*shm.Carrier, error) {
	if !extended {
		if err := shm.Supported(); err != nil {
			return nil, err
		}
		if e := w.app.platform.Extension(); e != nil {
			return nil, e.Missing()
		}
		return nil, errNoExtension
	}
	return shm.New(p, shm.Options{
		Region: w.app.options.SharedBytes, Logger: w.app.log.With("window", w.label),
	})
}

// carrier chooses the carrier of a new page.
func (w *Window) carrier(p *page, extended bool) (transport.Carrier, error) {
	if w.app.options.Carrier == CarrierScheme {
		return reasoned{p.pulls, "Options.Carrier is CarrierScheme"}, nil
	}
	shared, err := w.sharedMemory(p.pulls, extended)
	switch {
	case err == nil:
		p.shared = shared
		if i := faults.Active(); i != nil {
			i.Shared(w.label, shared.Down)
		}
		return shared, nil
	case w.app.options.Carrier == CarrierShm:
		return nil, noShared(err)
	}
	return reasoned{p.pulls, err.Error()}, nil
}

func noShared(err error) error {
	return fmt.Errorf("webview: no shared memory, and Options.Carrier is CarrierShm: %w", err)
}

// offer hands a session's shared memory to its page. Main thread only.
func (w *Window) offer(c *shm.Carrier, session string) error {
	files := c.Offer()
	if files == nil {
		return errors.New(c.Reason())
	}
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	return w.native.Offer(session, files)
}

// noExtension logs that the extension's file could not be removed. Nothing depends on that: another
// process will sweep it.
func (a *App) noExtension(err error) {
	if err != nil {
		a.log.Warn("webview: failed to remove the web process's extension", "error", err)
	}
}

// disturb has an Injector decide on a request of a page's client. The Responder that it gives is
// nil when the request is over already: nobody has got it, as far as the page can see.
func disturb(i *faults.Injector, w *Window, in *view.Request, r view.Responder) view.Responder {
	target, _ := w.app.origins.Served(in.URI)
	path, ok := strings.CutPrefix(target, serving.ControlPath)
	if in.Method != http.MethodPost || !ok || path != "batch" && path != "hello" &&
		path != "carrier" {
		return r
	}
	e, lost := i.Begin(faults.Request{Label: w.label, Session: in.Session, Path: path, Up: in.Body})
	if lost {
		r.Control(faults.Failed, view.KindBytes, false, nil, 0)
		return nil
	}
	return disturbed{r, e}
}

// disturbed is a request whose answer may come to harm.
type disturbed struct {
	view.Responder
	exchange *faults.Exchange
}

var _ view.Responder = disturbed{}

// Control implements view.Responder.
func (d disturbed) Control(status int, k view.ContentKind, cors bool, body [][]byte, n int) {
	whole := make([]byte, 0, n)
	for _, b := range body {
		whole = append(whole, b...)
	}
	d.exchange.Answer(status, whole, func(status int, body []byte) {
		d.Responder.Control(status, k, cors, [][]byte{body}, len(body))
	})
}
