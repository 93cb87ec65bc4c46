package bus

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/transport"
)

// Options are a bus's settings. The zero value of each field is its default.
type Options struct {
	// Logger gets panics of listeners, payloads that don't decode, refused calls of pages. Default:
	// the engine's.
	Logger *slog.Logger
	// Codec encodes payloads, and decodes them for On. Default: the engine's.
	Codec transport.Codec
	// QueueLen is how many events may wait for one Go listener. Default 1024.
	QueueLen int
	// QueueBytes bounds what waits for one Go listener: payloads, names and 64 bytes each. An event
	// for which nothing else waits has room, whatever its size. Default 16 MiB.
	QueueBytes int
	// PendingBytes bounds what is kept for one window before its page is ready: payloads, names,
	// scripts and 192 bytes each, and the targets that a filter accepted. Default 1 MiB.
	PendingBytes int
	// MaxListeners is how many subscriptions a page may have. Default 4096.
	MaxListeners int
	// Sticky is how many sticky events are kept, one for each target and name. Default 256.
	Sticky int
	// StickyBytes bounds their payloads. Default 16 MiB.
	StickyBytes int
	// OnUI reports whether the calling goroutine is on the UI thread, where the Context variants
	// refuse. Default: never.
	OnUI func() bool
}

// withDefaults checks o and returns a copy with the defaults filled in.
func (o Options) withDefaults(e *transport.Engine) (Options, error) {
	if o.Logger == nil {
		o.Logger = e.Options().Logger
	}
	o.Logger = loglimit.New(o.Logger)
	if o.Codec == nil {
		o.Codec = e.Options().Codec
	}
	onUI := o.OnUI
	o.OnUI = func() (is bool) {
		if onUI == nil {
			return false
		}
		appcode.Call(func() { is = onUI() })
		return is
	}
	var errs []error
	for _, f := range []struct {
		name          string
		field         *int
		value, lowest int
	}{
		{"QueueLen", &o.QueueLen, 1024, 1},
		{"QueueBytes", &o.QueueBytes, 16 << 20, 1 << 10},
		{"PendingBytes", &o.PendingBytes, 1 << 20, 1 << 10},
		{"MaxListeners", &o.MaxListeners, 4096, 1},
		{"Sticky", &o.Sticky, 256, 1},
		{"StickyBytes", &o.StickyBytes, 16 << 20, 1 << 10},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
		if *f.field < f.lowest || *f.field > 1<<30 {
			errs = append(errs, fmt.Errorf("%s is %d, must be %d to %d", f.name, *f.field, f.lowest,
				1<<30))
		}
	}
	if len(errs) > 0 {
		return o, fmt.Errorf("bus: options: %w", errors.Join(errs...))
	}
	return o, nil
}
