package memory_test

import (
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport/carrier/carriertest"
	"github.com/tailrace-go/tailrace/transport/carrier/memory"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestCarrier: the suite of all carriers, with each kind of fault.
func TestCarrier(t *testing.T) {
	const some = 2 * time.Millisecond
	for _, c := range []struct {
		name string
		f    memory.Faults
	}{
		{"none", memory.Faults{}},
		{"delays, which reorder", memory.Faults{Delay: 20 * time.Millisecond}},
		{"losses", memory.Faults{
			LoseRequest: 0.05, LoseAnswer: 0.05, CutAnswer: 0.05, EmptyAnswer: 0.05, Delay: some,
		}},
		{"repeats", memory.Faults{Repeat: 0.2, Delay: some}},
		{"everything", memory.Faults{
			LoseRequest: 0.03, LoseAnswer: 0.03, CutAnswer: 0.03, EmptyAnswer: 0.03, Repeat: 0.05,
			Delay: 10 * time.Millisecond,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			var pages []*transporttest.Page
			lossy := c.f != memory.Faults{Delay: c.f.Delay}
			carriertest.Run(t, carriertest.Setup{
				Name: "memory", Bubble: true, Lossy: lossy, Patience: time.Minute,
				Join: func(_ testing.TB, p *transporttest.Config) func(*transporttest.Page) {
					p.Faults = c.f
					return func(p *transporttest.Page) {
						mu.Lock()
						defer mu.Unlock()
						pages = append(pages, p)
					}
				},
			})
			faults := 0
			for _, p := range pages {
				faults += p.Stats().Faults
			}
			if (faults > 0) != lossy {
				t.Errorf("%d faults on %d pages", faults, len(pages))
			}
		})
	}
}
