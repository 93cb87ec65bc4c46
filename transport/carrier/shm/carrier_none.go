//go:build !linux || !(amd64 || arm64)

package shm

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

var errUnsupported = fmt.Errorf("shm: no shared memory on %s/%s, it needs linux on amd64 or "+
	"arm64: %w", runtime.GOOS, runtime.GOARCH, errors.ErrUnsupported)

// Supported says why this system has no shared memory.
func Supported() error { return errUnsupported }

// Carrier does not exist on this platform.
type Carrier struct{ *pulls.Carrier }

// New gives the error of Supported.
func New(*pulls.Carrier, Options) (*Carrier, error) { return nil, errUnsupported }

// Offer gives nothing.
func (c *Carrier) Offer() []*os.File { return nil }

// Down does nothing.
func (c *Carrier) Down(string) {}

// Active reports false.
func (c *Carrier) Active() bool { return false }

// Settled reports true.
func (c *Carrier) Settled() bool { return true }

// Reason is the error of Supported.
func (c *Carrier) Reason() string { return errUnsupported.Error() }
