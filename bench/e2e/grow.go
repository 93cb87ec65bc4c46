//go:build linux && cgo

package main

import (
	"fmt"
	"strings"
	"time"
)

// manyEvents is how many events growEvents sends.
const manyEvents = 2_000_000

// growEvents sends many events to a page that reads them, and says by how much the processes have
// grown meanwhile, at most.
func growEvents(t *tailrace) (string, error) {
	before, err := processes()
	if err != nil {
		return "", err
	}
	own, web := before.own.resident, before.resident()
	end := make(chan error, 1)
	go func() {
		_, err := t.run(fmt.Sprintf("events(%d)", manyEvents))
		end <- err
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-end:
			return fmt.Sprintf("%d events over %s to a page that reads: the Go process grew by "+
				"at most %.1f MB, the web processes by %.1f MB\n",
				manyEvents, t.carrier, float64(own-before.own.resident)/1e6,
				float64(web-before.resident())/1e6), err
		case <-tick.C:
			now, err := processes()
			if err != nil {
				return "", err
			}
			own, web = max(own, now.own.resident), max(web, now.resident())
		}
	}
}

const (
	portions    = 4
	portion     = 5_000_000_000 // bytes
	portionSize = 64 << 10      // of their messages
)

// flat is the memory of the Go process and of the web process after each portion of a long stream,
// in MB.
type flat struct{ own, web [portions]float64 }

// stream sends 20 GB, and notes the memory after each quarter.
func stream(t *tailrace) (*flat, error) {
	f := &flat{}
	before, err := processes()
	if err != nil {
		return nil, err
	}
	for i := range portions {
		down := fmt.Sprintf("down('raw',%d,%d,1)", portion/portionSize, portionSize)
		if _, err := t.run(down); err != nil {
			return nil, err
		}
		now, err := processes()
		if err != nil {
			return nil, err
		}
		f.own[i] = float64(now.own.resident) / 1e6
		f.web[i] = float64(now.web[now.busiest(before)].resident) / 1e6
	}
	return f, nil
}

func (f *flat) String() string {
	var b strings.Builder
	b.WriteString("Memory after 5, 10, 15 and 20 GB over shm: ")
	for i, m := range []struct {
		name string
		at   [portions]float64
	}{{"Go process", f.own}, {"web process", f.web}} {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(m.name)
		for _, mb := range m.at {
			fmt.Fprintf(&b, " %.0f", mb)
		}
		b.WriteString(" MB")
	}
	b.WriteByte('\n')
	return b.String()
}

// growth is by how many MB the larger of the two is more than after the first portion, at the end.
func (f *flat) growth() float64 {
	return max(f.own[portions-1]-f.own[0], f.web[portions-1]-f.web[0])
}
