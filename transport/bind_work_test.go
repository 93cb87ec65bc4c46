package transport_test

import (
	"context"
	"encoding/json"
	"fmt"
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
	const channels, names = 8000, 50_000
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
		best := time.Hour
		for range 2 {
			p := openPage(t, e, transporttest.Config{})
			r := references(p, channels, names, which)
			begin := time.Now()
			result, err := p.Invoke(r)
			best = min(best, time.Since(begin))
			wantJSON(t, result, err, fmt.Sprint(names))
			p.Close()
		}
		return best
	}
	first := took(func(int) int { return 0 })
	last := took(func(int) int { return channels - 1 })
	each := took(func(i int) int { return i % channels })
	t.Logf("%d names: %v of the first of %d channels, %v of the last, %v of all in turn", names, first,
		channels, last, each)
	if last > 8*first || each > 8*first { // a search takes 400 million steps
		t.Errorf("%v when it is the last channel, %v when it is all, %v when it is the first", last, each,
			first)
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
	took := func(deep int) time.Duration {
		best := time.Hour
		for range 3 {
			p := openPage(t, e, transporttest.Config{})
			args := strings.Repeat(`{"k":[`, deep) + strings.Repeat(`{},`, wide-1) + `{}` +
				strings.Repeat(`]}`, deep)
			begin := time.Now()
			result, err := p.Invoke(transporttest.Request{Command: "use", Args: json.RawMessage(args)})
			best = min(best, time.Since(begin))
			wantJSON(t, result, err, fmt.Sprint(wide))
			p.Close()
		}
		return best
	}
	shallow, deep := took(1), took(4000)
	t.Logf("%d elements: %v at the top, %v below 4,000 others", wide, shallow, deep)
	if deep > 8*shallow { // to write the path of each takes 4,000 MB
		t.Errorf("%v below 4,000 others, %v at the top", deep, shallow)
	}
}

// BenchmarkReferences is a call of so many channels, with 200,000 names of them in its arguments.
func BenchmarkReferences(b *testing.B) {
	const names = 200_000
	for _, channels := range []int{1, 1000, 15_000} {
		b.Run(fmt.Sprint(channels), func(b *testing.B) {
			e := newEngine(b, transport.Options{})
			transport.Handle(e, "use", func(context.Context, []*transport.Channel[int]) (any, error) {
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
