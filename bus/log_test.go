package bus_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// Full queues of listeners are logged once in a while, however many events find them so.
func TestFullQueuesAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		_, b := newBus(t, transport.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))},
			bus.Options{QueueLen: 1})
		release := make(chan struct{})
		if _, err := b.Listen(bus.App, "tick", func(bus.Event) { <-release }); err != nil {
			t.Fatal(err)
		}
		flood := func() {
			for range 1000 {
				_ = b.Emit("tick", nil)
			}
			synctest.Wait()
		}
		flood()
		flood()
		if n := strings.Count(log.String(), "queues are full"); n != 1 ||
			!strings.Contains(log.String(), "event=tick listeners=1 refused=") {
			t.Errorf("%d records:\n%s", n, &log)
		}
		time.Sleep(10 * time.Second)
		flood()
		if n := strings.Count(log.String(), "queues are full"); n != 2 {
			t.Errorf("%d records ten seconds later:\n%s", n, &log)
		}
		close(release)
	})
}
