package journal

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMaxDenials: so many different denials are logged, each once.
func TestMaxDenials(t *testing.T) {
	var j Journal
	for n := range maxDenials + 2 {
		name := fmt.Sprint("name ", n)
		if got := j.first(name); got != (n < maxDenials) || j.first(name) {
			t.Errorf("denial %d of %d: %v", n+1, maxDenials, got)
		}
	}
}

// locked is a carrier that takes a lock of its own to say whether it is settled.
type locked struct {
	mu    sync.Mutex
	asked chan struct{}
	held  chan struct{}
}

func (c *locked) Name() string { return "locked" }

func (c *locked) Settled() bool {
	close(c.asked)
	<-c.held
	c.mu.Lock()
	defer c.mu.Unlock()
	return false
}

// TestSettledTakesLocks: a carrier may have its lock while it ends the session or says that it is
// settled, and take it in Settled. What it says meanwhile is in the record of the session.
func TestSettledTakesLocks(t *testing.T) {
	var log bytes.Buffer
	c := &locked{asked: make(chan struct{}), held: make(chan struct{})}
	var j Journal
	j.Start(slog.New(slog.NewTextHandler(&log, nil)), c)
	over := make(chan struct{}, 2)
	go func() {
		j.Opened(1, "here")
		over <- struct{}{}
	}()
	<-c.asked
	go func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		close(c.held)
		j.Settled()
		j.Ended("a broken rule", nil)
		over <- struct{}{}
	}()
	for range 2 {
		select {
		case <-over:
		case <-time.After(10 * time.Second):
			t.Fatal("the carrier and the journal wait for each other")
		}
	}
	if n := strings.Count(log.String(), "carrier=locked"); n != 1 {
		t.Errorf("the carrier is named %d times:\n%s", n, log.String())
	}
}
