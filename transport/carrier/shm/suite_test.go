//go:build linux && (amd64 || arm64)

package shm

import (
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport/carrier/carriertest"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestCarrier: the suite of all carriers, over pages that have attached.
func TestCarrier(t *testing.T) {
	for name, c := range map[string]struct {
		o Options
		z sizes
	}{
		"as apps have it": {},
		"little memory, small rings": {
			Options{InFlight: 64 << 10}, sizes{queue: 1 << 20, up: 512 << 10},
		},
	} {
		t.Run(name, func(t *testing.T) {
			carriertest.Run(t, carriertest.Setup{
				Name: "shm", Ordered: true, Lends: true, Patience: time.Minute,
				Join: func(t testing.TB, config *transporttest.Config) func(*transporttest.Page) {
					s := join(t, config, c.o, c.z)
					return func(p *transporttest.Page) {
						s.Page, s.peer = p, newPeer(t, s.carrier.Offer())
						t.Cleanup(s.reads.Wait)
						s.attach(t)
					}
				},
			})
		})
	}
}
