//go:build linux && cgo

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// latency sends a message, waits for the page's reply, and waits for the gap, which is in
// microseconds.
func (t *tailrace) latency(ctx context.Context, a struct {
	Channel *transport.Stream[[]byte, []byte]
	N, Gap  int
}) (bool, error) {
	trips := make([]float64, a.N)
	body := make([]byte, 8)
	for n := range trips {
		time.Sleep(time.Duration(a.Gap) * time.Microsecond)
		number(body, n)
		start := time.Now()
		if err := a.Channel.Send(ctx, body); err != nil {
			return false, err
		}
		reply, err := a.Channel.Receive(ctx)
		if err != nil {
			return false, err
		}
		trips[n] = micros(time.Since(start))
		if numberOf(reply) != n {
			return false, fmt.Errorf("reply %d where %d is due", numberOf(reply), n)
		}
	}
	t.keep(trips, 0)
	t.done <- ""
	return true, nil
}

func (t *tailrace) keep(trips []float64, flood int) {
	t.mu.Lock()
	t.trips, t.flood = trips, flood
	t.mu.Unlock()
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// flooded sends a message at each tick, whether the one before is back or not, while it floods
// another channel.
func (t *tailrace) flooded(ctx context.Context, a struct {
	Channel *transport.Stream[[]byte, []byte]
	Flood   *transport.Channel[[]byte]
	N, Gap  int // microseconds
	Size    int // of the flood's messages
}) (bool, error) {
	t.start()
	filling, stop := context.WithCancel(ctx)
	defer stop()
	flooding := make(chan int, 1)
	go func() {
		body := make([]byte, a.Size)
		n := 0
		for ; ; n++ {
			number(body, n)
			if a.Flood.Send(filling, body) != nil {
				break
			}
		}
		flooding <- n
	}()

	sent := make(chan time.Time, a.N)
	failed := make(chan error, 1)
	go func() {
		ticks := time.NewTicker(time.Duration(a.Gap) * time.Microsecond)
		defer ticks.Stop()
		body := make([]byte, 8)
		for n := range a.N {
			<-ticks.C
			number(body, n)
			sent <- time.Now()
			if err := a.Channel.Send(ctx, body); err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	trips := make([]float64, a.N)
	for n := range trips {
		reply, err := a.Channel.Receive(ctx)
		if err != nil {
			return false, err
		}
		trips[n] = micros(time.Since(<-sent))
		if numberOf(reply) != n {
			return false, fmt.Errorf("reply %d where %d is due", numberOf(reply), n)
		}
	}
	stop()
	t.keep(trips, <-flooding)
	return true, <-failed
}
