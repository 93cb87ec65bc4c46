package transport_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// references gives a call's channels, and arguments that name one of them again and again.
func references(
	p *transporttest.Page, channels, n int, which func(i int) int,
) transporttest.Request {
	r := transporttest.Request{Command: "use"}
	ids := make([]string, channels)
	for i := range ids {
		c := p.NewChannel()
		r.Channels = append(r.Channels, c)
		text, err := json.Marshal(c)
		if err != nil {
			panic(err)
		}
		ids[i] = string(text)
	}
	var body strings.Builder
	for i := range n {
		body.WriteString(`,` + ids[which(i)])
	}
	r.Args = json.RawMessage(`[` + body.String()[1:] + `]`)
	return r
}

// TestManyReferences: a channel's name in the arguments costs the same for the last of many
// channels as for the first.
func TestManyReferences(t *testing.T) {
	const channels, names = 15_000, 200_000
	e := newEngine(t, transport.Options{})
	transport.Handle(e, "use", func(_ context.Context, all []*transport.Channel[int]) (any, error) {
		for i, c := range all {
			if c.Err() != nil {
				return nil, fmt.Errorf("reference %d is not connected", i)
			}
		}
		return len(all), nil
	})
	took := func(which func(int) int) time.Duration {
		p := openPage(t, e, transporttest.Config{})
		defer p.Close()
		r := references(p, channels, names, which)
		begin := time.Now()
		result, err := p.Invoke(r)
		d := time.Since(begin)
		wantJSON(t, result, err, fmt.Sprint(names))
		return d
	}
	first, last := time.Hour, time.Hour
	for range 2 {
		first = min(first, took(func(int) int { return 0 }))
		last = min(last, took(func(int) int { return channels - 1 }))
	}
	each := took(func(i int) int { return i % channels })
	t.Logf("%d names of %d channels: the first %v, the last %v, each %v",
		names, channels, first, last, each)
	// A search takes three thousand million steps for the last one, and 200,000 for the first.
	if last > 4*first {
		t.Errorf("%v for the last channel, %v for the first", last, first)
	}
}

// nested is a type of which a page chooses how deep it is, and how wide below.
type nested struct {
	C    *transport.Channel[int] `json:"c,omitempty"`
	Kids []nested                `json:"k"`
}

// TestDeepArguments: what is looked at for a channel that is missing costs the same at every depth.
func TestDeepArguments(t *testing.T) {
	const wide = 100_000
	e := newEngine(t, transport.Options{})
	transport.Handle(e, "use", func(_ context.Context, n nested) (any, error) {
		for len(n.Kids) == 1 {
			n = n.Kids[0]
		}
		return len(n.Kids), nil
	})
	allocated := func(deep int) int64 {
		p := openPage(t, e, transporttest.Config{})
		args := strings.Repeat(`{"k":[`, deep) + strings.Repeat(`{},`, wide-1) + `{}` +
			strings.Repeat(`]}`, deep)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		result, err := p.Invoke(transporttest.Request{Command: "use", Args: json.RawMessage(args)})
		runtime.ReadMemStats(&after)
		wantJSON(t, result, err, fmt.Sprint(wide))
		p.Close()
		return int64(after.TotalAlloc - before.TotalAlloc)
	}
	shallow, deep := allocated(1), allocated(4000)
	t.Logf("%d elements: %d MiB at the top, %d MiB below 4,000 others", wide, shallow>>20, deep>>20)
	if deep > shallow+512<<20 { // to write the path of each takes 4,000 MB
		t.Errorf("%d MiB below 4,000 others, %d MiB at the top", deep>>20, shallow>>20)
	}
}

// BenchmarkReferences is a call of so many channels, with 200,000 names of them in its arguments.
func BenchmarkReferences(b *testing.B) {
	const names = 200_000
	for _, channels := range []int{1, 1000, 15_000} {
		b.Run(fmt.Sprint(channels), func(b *testing.B) {
			e := newEngine(b, transport.Options{})
			transport.Handle(e, "use", func(context.Context, []*transport.Channel[int]) (any,
				error) {
				return nil, nil
			})
			for b.Loop() {
				b.StopTimer()
				p := openPage(b, e, transporttest.Config{})
				r := references(p, channels, names, func(i int) int { return i % channels })
				b.StartTimer()
				if _, err := p.Invoke(r); err != nil {
					b.Fatal(err)
				}
				p.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/names, "ns/name")
		})
	}
}
