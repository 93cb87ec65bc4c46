//go:build linux && cgo

package main

import (
	"fmt"
	"log"
	"slices"
	"strings"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
	_ "github.com/tailrace-go/tailrace/webview/native" // shows windows of the system
)

// bench holds the windows and the cells.
type bench struct {
	scheme, shm *tailrace
	bare        *bare
	bareShm     *bareShm
	pulls       int
	batch       int
	cells       []*cell
}

func newBench(pulls, batch int) (*bench, error) {
	b := &bench{pulls: pulls, batch: batch}
	engine := transport.Options{Pulls: pulls, MaxBatch: batch, Window: max(4<<20, 4*batch)}
	var err error
	// WebKit may begin a further web process with the first one. It has to have the extension.
	if b.shm, err = newTailrace(webview.CarrierShm, "shm", engine); err != nil {
		return nil, err
	}
	if b.scheme, err = newTailrace(webview.CarrierScheme, "scheme", engine); err != nil {
		return nil, err
	}
	b.bare = newBare(batch)
	if b.bareShm, err = newBareShm(b.bare.w); err != nil {
		return nil, err
	}
	b.addCells()
	return b, nil
}

// await waits until all pages have loaded.
func (b *bench) await() error {
	for range 3 { // the bare page, that of the evals, and that of shared memory
		if _, _, err := finish(time.Now()); err != nil {
			return err
		}
	}
	if err := b.bareShm.loaded(); err != nil {
		return err
	}
	if err := b.scheme.await(); err != nil {
		return err
	}
	return b.shm.await()
}

// measure runs the cells in turn, round by round, once before that to warm up. Every other round
// goes backwards: what runs behind the same neighbour each time is faster or slower for it.
func (b *bench) measure(rounds int, only string) error {
	b.cells = slices.DeleteFunc(b.cells, func(c *cell) bool {
		return !strings.Contains(c.row.name(), only)
	})
	for round := range rounds + 1 {
		start := time.Now()
		for _, c := range b.cells {
			before, err := processes()
			if err != nil {
				return err
			}
			s, err := c.run()
			if err != nil {
				return fmt.Errorf("%s: %w", c.row.name(), err)
			}
			after, err := processes()
			if err != nil {
				return err
			}
			s.cpu = after.cpu() - before.cpu()
			if round > 0 {
				c.samples = append(c.samples, s)
			}
		}
		slices.Reverse(b.cells)
		log.Printf("round %d of %d: %.0f s", round, rounds, time.Since(start).Seconds())
	}
	return nil
}

func (b *bench) rows() []row {
	var rows []row
	slices.SortFunc(b.cells, func(x, y *cell) int { return x.place - y.place })
	for _, c := range b.cells {
		rows = append(rows, c.result())
	}
	return rows
}
