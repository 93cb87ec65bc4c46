package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

//go:embed page.html
var page embed.FS

// bench holds the windows and the cells.
type bench struct {
	app    *webview.App
	window *webview.Window
	bare   *bare
	pulls  int
	batch  int
	cells  []*cell

	done chan string // the page's word that a run has ended, with its error

	mu    sync.Mutex
	first time.Time // of the run's first send or call
	trips []float64 // microseconds, of the latency run

	grown string // what grow found
}

func newBench(pulls, batch int) (*bench, error) {
	app, err := webview.New(webview.Options{
		Assets: page, KeepRunning: true,
		Engine: transport.Options{Pulls: pulls, MaxBatch: batch, Window: max(4<<20, 4*batch)},
	})
	if err != nil {
		return nil, err
	}
	b := &bench{app: app, pulls: pulls, batch: batch, done: make(chan string, 1)}
	b.handle()
	if b.window, err = app.Open(webview.WindowOptions{URL: "page.html", Width: 300, Height: 200}); err != nil {
		return nil, err
	}
	b.bare = newBare(batch)
	b.addCells()
	return b, nil
}

type downArgs struct {
	Channels []*transport.Channel[[]byte]
	N, Size  int
}

type event struct {
	Seq   int      `json:"seq"`
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Tags  []string `json:"tags"`
	OK    bool     `json:"ok"`
	Pad   string   `json:"pad"`
}

// tick is the payload of an event: tickSize bytes with numbers of six digits.
type tick struct {
	N int    `json:"n"`
	M string `json:"m"`
}

const (
	tickSize = 100
	tickRest = len(`{"n":123456,"m":""}`)
)

// handle registers the commands of the page.
func (b *bench) handle() {
	e := b.app.Engine()
	transport.Handle(e, "done", func(_ context.Context, a struct{ Error string }) (bool, error) {
		b.done <- a.Error
		return true, nil
	})
	transport.Handle(e, "raw", func(ctx context.Context, a downArgs) (bool, error) {
		b.start()
		return true, each(len(a.Channels), func(i int) error {
			body := make([]byte, a.Size)
			for n := range a.N / len(a.Channels) {
				body[0], body[1], body[2] = byte(n), byte(n>>8), byte(n>>16)
				if err := a.Channels[i].Send(ctx, body); err != nil {
					return err
				}
			}
			return nil
		})
	})
	transport.Handle(e, "json", func(ctx context.Context, a struct {
		Channels []*transport.Channel[event]
		N        int
	}) (bool, error) {
		b.start()
		pad := strings.Repeat("x", 46)
		for n := range a.N {
			if err := a.Channels[0].Send(ctx, event{n, "sensor-42", 3.14159, []string{"a", "b"}, true, pad}); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	transport.Handle(e, "events", func(ctx context.Context, a struct{ N int }) (bool, error) {
		b.start()
		pad := strings.Repeat("x", tickSize-tickRest)
		for n := range a.N {
			if err := b.window.EmitContext(ctx, "tick", tick{n, pad}); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	transport.Handle(e, "latency", func(ctx context.Context, a struct {
		Channel *transport.Stream[[]byte, []byte]
		N       int
	}) (bool, error) {
		var trips []float64
		body := make([]byte, 8)
		for range a.N {
			start := time.Now()
			if err := a.Channel.Send(ctx, body); err != nil {
				return false, err
			}
			if _, err := a.Channel.Receive(ctx); err != nil {
				return false, err
			}
			trips = append(trips, float64(time.Since(start).Nanoseconds())/1e3)
		}
		b.mu.Lock()
		b.trips = trips
		b.mu.Unlock()
		b.done <- ""
		return true, nil
	})
	transport.Handle(e, "command", func(_ context.Context, body []byte) ([]byte, error) {
		b.mu.Lock()
		if b.first.IsZero() {
			b.first = time.Now()
		}
		b.mu.Unlock()
		return body, nil
	})
	transport.Handle(e, "up", func(ctx context.Context, a struct {
		Channel *transport.Stream[int, []byte]
		N       int
	}) (bool, error) {
		b.start()
		for n := range a.N {
			m, err := a.Channel.Receive(ctx)
			if err != nil {
				return false, err
			}
			if got := int(m[0]) | int(m[1])<<8 | int(m[2])<<16; got != n {
				return false, fmt.Errorf("message %d where %d is due", got, n)
			}
		}
		return true, nil
	})
}

func (b *bench) start() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.first = time.Now()
}

// each runs f for 0 to n-1 at once.
func each(n int, f func(i int) error) error {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// run calls a function of the page, waits for its end, and gives the time since the first send.
func (b *bench) run(js string) (time.Duration, error) {
	b.mu.Lock()
	b.first = time.Time{}
	b.mu.Unlock()
	if err := b.window.Eval(js); err != nil {
		return 0, err
	}
	select {
	case e := <-b.done:
		b.mu.Lock()
		took := time.Since(b.first)
		b.mu.Unlock()
		if e != "" {
			return 0, errors.New(e)
		}
		return took, nil
	case <-time.After(2 * time.Minute):
		return 0, fmt.Errorf("%s did not end within two minutes", js)
	}
}

// measure runs the cells in turn, round by round, once before that to warm up. Every other round goes backwards:
// what runs behind the same neighbour each time is faster or slower for it.
func (b *bench) measure(rounds int, only string) error {
	select {
	case <-b.done:
	case <-time.After(time.Minute):
		return errors.New("the page did not load within a minute")
	}
	for range 2 { // the bare page, and that of the evals
		if _, _, err := finish(time.Now()); err != nil {
			return err
		}
	}
	b.cells = slices.DeleteFunc(b.cells, func(c *cell) bool { return !strings.Contains(c.name, only) })
	for round := range rounds + 1 {
		for _, c := range b.cells {
			s, err := c.run()
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 {
				c.samples = append(c.samples, s)
			}
		}
		slices.Reverse(b.cells)
		log.Printf("round %d of %d", round, rounds)
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
