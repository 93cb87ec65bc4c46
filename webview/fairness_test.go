//go:build linux && cgo

package webview

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// fairRun is one run beside a flood, as the page saw it.
type fairRun struct {
	Error   string
	Flooded int
	Got     []int
	// Took has, for each message of the hundred channels, the milliseconds from before Send to the
	// page's callback, rounded up.
	Took []float64
}

// TestFairness: while one channel floods, a hundred others at 100 Hz each get all that they send,
// in order. With -v it prints how long their messages take from Send to the callback, beside the
// time that they take when nothing floods. Go and the page read the same clock of the machine; the
// page's ticks in milliseconds, so a time is at most one too high.
func TestFairness(t *testing.T) {
	var table strings.Builder
	table.WriteString("| carrier | beside it | messages | p50 | p99 | longest | the flood " +
		"|\n|---|---|---|---|---|---|---|\n")
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		for _, flood := range []int{0, 128, 64 << 10} {
			what := "nothing"
			if flood > 0 {
				what = fmt.Sprintf("a flood of %d B", flood)
			}
			t.Run(fmt.Sprintf("%v, %s", kind, what), func(t *testing.T) {
				const seconds = 2
				r := fairnessBeside(t, Options{Carrier: kind}, flood, seconds*time.Second)
				slices.Sort(r.Took)
				at := func(q float64) float64 { return r.Took[int(q*float64(len(r.Took)-1))] }
				rate := "-"
				if flood > 0 {
					rate = fmt.Sprintf("%d msg/s, %d MB/s", r.Flooded/seconds,
						r.Flooded*flood/seconds/1e6)
				}
				fmt.Fprintf(&table, "| %v | %s | %d | %.1f ms | %.1f ms | %.1f ms | %s |\n", kind,
					what, len(r.Took), at(0.5), at(0.99), at(1), rate)
			})
		}
	}
	if testing.Verbose() {
		fmt.Print("\n", table.String(), "\n")
	}
}

// fairnessBeside sends on a hundred channels for so long, beside a flood of messages of that size;
// 0: none.
func fairnessBeside(t *testing.T, o Options, flood int, last time.Duration) fairRun {
	const channels, interval = 100, 10 * time.Millisecond
	type args struct {
		Channels []*transport.Channel[[]byte]
		Flood    *transport.Channel[[]byte]
	}
	sent := make([]int, channels)
	flooded := 0
	ended := make(chan none) // closed when sent and flooded stay as they are
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "fair", func(ctx context.Context, a args) (none, error) {
			defer close(ended)
			filling, stop := context.WithTimeout(ctx, last)
			defer stop()
			var wg sync.WaitGroup
			errs := make([]error, channels+1)
			if flood > 0 {
				wg.Go(func() {
					body := make([]byte, flood)
					for errs[channels] == nil && filling.Err() == nil {
						binary.LittleEndian.PutUint32(body, uint32(flooded))
						if err := a.Flood.Send(filling, body); err == nil {
							flooded++
						} else if filling.Err() == nil {
							errs[channels] = err
						}
					}
				})
			}
			for i, ch := range a.Channels {
				wg.Go(func() {
					time.Sleep(interval * time.Duration(i) / channels)
					ticks := time.NewTicker(interval)
					defer ticks.Stop()
					body := make([]byte, 16)
					for filling.Err() == nil && errs[i] == nil {
						<-ticks.C
						binary.LittleEndian.PutUint32(body, uint32(sent[i]))
						binary.LittleEndian.PutUint64(body[8:],
							math.Float64bits(float64(time.Now().UnixMicro())/1e3))
						if errs[i] = ch.Send(ctx, body); errs[i] == nil {
							sent[i]++
						}
					}
				})
			}
			wg.Wait()
			return none{}, errors.Join(errs...)
		})
	})
	var r fairRun
	p.runLong(`
		const { invoke, Channel } = tailrace;
		let error = '', flooded = 0;
		const got = Array(100).fill(0), took = [];
		const channels = got.map((_, i) => new Channel((m) => {
			const now = Date.now() + 1;
			const at = new DataView(m.buffer, m.byteOffset, m.length);
			if (at.getUint32(0, true) !== got[i]) error ||= 'channel ' + i + ': message ' +
				at.getUint32(0, true) + ' where ' + got[i] + ' is due';
			got[i]++;
			took.push(now - at.getFloat64(8, true));
		}));
		const flood = new Channel((m) => {
			const n = (m[0] | m[1] << 8 | m[2] << 16 | m[3] << 24) >>> 0;
			if (n !== flooded) error ||= 'flood: message ' + n + ' where ' + flooded + ' is due';
			flooded++;
		});
		await invoke('fair', { channels, flood });
		return { error, flooded, got, took };`, &r)
	wait(t, ended, "the senders' end") // shared memory orders nothing for the race detector
	if r.Error != "" {
		t.Error(r.Error)
	}
	if !slices.Equal(r.Got, sent) || r.Flooded != flooded {
		t.Errorf("the page got %d and %d of the flood, sent were %d and %d", r.Got, r.Flooded, sent,
			flooded)
	}
	for i, n := range sent {
		if n == 0 {
			t.Errorf("channel %d could send nothing", i)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return r
}
