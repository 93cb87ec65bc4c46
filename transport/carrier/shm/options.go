package shm

import (
	"fmt"
	"log/slog"

	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/transport"
)

// ErrRegionFull comes from Alloc when no slot has room. It is a transport.ErrMemory.
var ErrRegionFull = fmt.Errorf("shm: the shared memory is full (webview's Options.SharedBytes): %w",
	transport.ErrMemory)

// Options are a carrier's settings. The zero value of each field is its default.
type Options struct {
	// Region is the most bytes that the session's rings may take, rounded up to 4 MiB: address
	// space, in both processes; memory is used for what rings have used, and comes back 4 MiB at a
	// time. 1 to 64 GiB. Default 512 MiB, which is what all rings of a session may take with the
	// engine's default SessionBytes, twice over.
	Region int64
	// InFlight is how many bytes of batches the page may have unread before the drainer waits:
	// enough that the page never waits for Go, and little enough that a channel that has just
	// become busy is not long behind the others. Default 2 MiB.
	InFlight int
	// Logger is told when a session goes over to shared memory and back. Default slog.Default().
	Logger *slog.Logger
}

const (
	defaultRegion   = 512 << 20
	largestRegion   = 64 << 30
	defaultInFlight = 2 << 20
	slotBytes       = 4 << 20 // what is mapped and given back at once
)

// withDefaults checks o and returns a copy with the defaults filled in.
func (o Options) withDefaults() (Options, error) {
	if o.Region == 0 {
		o.Region = defaultRegion
	}
	if o.Region < 0 || o.Region > largestRegion {
		return o, fmt.Errorf("shm: options: Region is %d, must be 1 to %d", o.Region,
			int64(largestRegion))
	}
	o.Region = (o.Region + slotBytes - 1) / slotBytes * slotBytes
	if o.InFlight == 0 {
		o.InFlight = defaultInFlight
	}
	if o.InFlight < 0 {
		return o, fmt.Errorf("shm: options: InFlight is %d, must be positive", o.InFlight)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Logger = loglimit.New(o.Logger)
	return o, nil
}
