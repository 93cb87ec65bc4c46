package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// pace is the time between two samples of a channel.
const pace = time.Millisecond

// ringBytes is the ring of a telemetry channel: more than 3 s of samples. The default, made for
// bulk data, would be touched bit by bit over the first minute, as if memory grew.
const ringBytes = 256 << 10

// sample is one message of a telemetry channel.
type sample struct {
	// Seq counts the channel's samples from 0 on: the page finds gaps and wrong order by it.
	Seq uint64 `json:"n"`
	// Sent is the time of sending, in microseconds since 1970.
	Sent  int64   `json:"t"`
	Value float64 `json:"v"`
}

// telemetry holds the feed of the page that is shown.
type telemetry struct {
	started chan *feed // the first feed
	current atomic.Pointer[feed]
}

func newTelemetry() *telemetry { return &telemetry{started: make(chan *feed, 1)} }

// feed is the telemetry of one page load.
type feed struct {
	session *transport.Session
	start   time.Time
	sent    []atomic.Uint64 // by signal; one more while a Send runs
	// stop ends the producers; ended is closed when they have.
	stop  context.CancelFunc
	ended chan struct{}

	mu     sync.Mutex
	last   report
	change chan struct{} // closed at the next report
}

// channels are the arguments of the command telemetry, one channel for each signal.
type channels struct {
	Channels []*transport.Channel[sample]
}

// run is the command that streams the telemetry until the page goes away or the demo ends.
func (t *telemetry) run(ctx context.Context, c channels) (struct{}, error) {
	if len(c.Channels) != len(signals) {
		return struct{}{}, fmt.Errorf("telemetry needs %d channels, got %d", len(signals),
			len(c.Channels))
	}
	for _, channel := range c.Channels {
		if err := channel.Configure(transport.ChannelOptions{RingBytes: ringBytes}); err != nil {
			return struct{}{}, err
		}
	}
	session := transport.SessionFrom(ctx)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	f := &feed{
		session: session,
		start:   time.Now(),
		sent:    make([]atomic.Uint64, len(signals)),
		stop:    stop,
		ended:   make(chan struct{}),
		change:  make(chan struct{}),
	}
	defer close(f.ended)
	t.current.Store(f)
	select {
	case t.started <- f:
	default: // the first one counts
	}
	var producers sync.WaitGroup
	errs := make([]error, len(signals))
	for i, channel := range c.Channels {
		producers.Go(func() { errs[i] = f.produce(ctx, channel, i) })
	}
	producers.Wait()
	return struct{}{}, errors.Join(errs...)
}

// produce sends a sample each millisecond. It goes by the time that has passed, so that a late one
// catches up.
func (f *feed) produce(ctx context.Context, c *transport.Channel[sample], i int) error {
	noise := rand.New(rand.NewPCG(1, uint64(i)))
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for seq := uint64(0); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		for due := uint64(time.Since(f.start) / pace); seq < due; seq++ {
			s := sample{
				Seq: seq, Sent: time.Now().UnixMicro(),
				Value: signals[i].at(float64(seq)*pace.Seconds(), noise),
			}
			f.sent[i].Add(1) // first, so that the page can't be ahead of it
			if err := c.Send(ctx, s); err != nil {
				f.sent[i].Add(^uint64(0))
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
		}
	}
}

// counts gives how many samples each channel has sent.
func (f *feed) counts() []uint64 {
	counts := make([]uint64, len(f.sent))
	for i := range f.sent {
		counts[i] = f.sent[i].Load()
	}
	return counts
}

// report takes what the page says, a few times a second. It gives whether something has arrived
// since the last time.
func (t *telemetry) report(r report) (arrived bool, err error) {
	f := t.current.Load()
	if f == nil {
		return false, errors.New("there is no telemetry to report on")
	}
	if err := r.validate(f.counts()); err != nil {
		return false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	arrived = r.Bytes != f.last.Bytes || sum(r.Received) != sum(f.last.Received)
	f.last = r
	close(f.change)
	f.change = make(chan struct{})
	return arrived, nil
}

// latest gives the page's last report; its zero value before the first.
func (f *feed) latest() report {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// await gives the first report that is enough.
func (f *feed) await(ctx context.Context, enough func(report) bool) (report, error) {
	for {
		f.mu.Lock()
		last, change := f.last, f.change
		f.mu.Unlock()
		if enough(last) {
			return last, nil
		}
		if _, err := receive(ctx, change); err != nil {
			return report{}, err
		}
	}
}
