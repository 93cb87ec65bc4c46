package transport_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
)

// TestEnvelopeIsBounded: the longest envelope is read, one byte more is a broken rule.
func TestEnvelopeIsBounded(t *testing.T) {
	const limit = 256 << 10
	e := newEngine(t, transport.Options{})
	ran := make(chan bool, 1)
	transport.Handle(e, "x", func(context.Context, struct{}) (any, error) {
		ran <- true
		return nil, nil
	})
	envelope := func(n int) string {
		const head, tail = `{"cmd":"x","body":"json","z":[`, `0]}`
		zeros := strings.Repeat("0,", (n-len(head)-len(tail))/2)
		return head + zeros + strings.Repeat(" ", n-len(head)-len(tail)-len(zeros)) + tail
	}
	u := openUp(t, e)
	u.invoke(1, envelope(limit), "{}")
	<-ran
	err := u.try(0, invokeFrame(2, envelope(limit+1), "{}"))
	var rule *wire.RuleError
	if !errors.As(err, &rule) || !strings.Contains(rule.Rule, "the limit is 262144") ||
		u.s.Err() == nil {
		t.Errorf("%v, session %v", err, u.s.Err())
	}
}

// TestEnvelopeCounts: what a running call keeps of its envelope is in the session's memory.
func TestEnvelopeCounts(t *testing.T) {
	e := newEngine(t, transport.Options{SessionBytes: 16 << 20})
	transport.Handle(e, "wait", func(ctx context.Context, _ struct{}) (any, error) {
		<-ctx.Done()
		return nil, nil
	})
	var headers strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&headers, `"%x":"",`, i)
	}
	envelope := `{"cmd":"wait","body":"json","headers":{` + headers.String() + `"z":""}}`
	u := openUp(t, e)
	before := u.s.Stats().Memory
	u.invoke(1, envelope, "{}")
	if got := u.s.Stats().Memory - before; got < 20_000*64 {
		t.Errorf("20000 headers count as %d bytes", got)
	}
	u.send(0, wire.Frame{Kind: wire.Cancel, Payload: words(1, 0, "")})
	for u.s.Stats().Running > 0 {
		runtime.Gosched()
	}
	if got := u.s.Stats().Memory - before; got != 0 {
		t.Errorf("%d bytes are left after the call", got)
	}
	var err error
	for id := uint32(2); id < 20 && err == nil; id++ {
		err = u.try(0, invokeFrame(id, envelope, "{}"))
	}
	if err == nil || !strings.Contains(err.Error(), "SessionBytes") {
		t.Errorf("calls with 30 MB of headers in a session of 16 MB: %v", err)
	}
}

// TestRepeatedChannels: an envelope that names a channel again and again costs no more for the last
// of many channels than for the first.
func TestRepeatedChannels(t *testing.T) {
	const channels, repeats = 3000, 38_000
	e := newEngine(t, transport.Options{})
	transport.Handle(e, "x", func(context.Context, any) (any, error) { return nil, nil })
	var all strings.Builder
	for i := range channels {
		fmt.Fprintf(&all, "%d,", 10_001+2*i)
	}
	took := func(id int) time.Duration {
		best := time.Hour
		for range 3 {
			u := openUp(t, e)
			begin := time.Now()
			u.invoke(1, fmt.Sprintf(`{"cmd":"x","body":"json","channels":[%s%s%d]}`, all.String(),
				strings.Repeat(fmt.Sprintf("%d,", id), repeats), id), "{}")
			best = min(best, time.Since(begin))
			if n := u.s.Stats().Opened; n != channels {
				t.Errorf("%d channels were opened, want %d", n, channels)
			}
			nothingLeft(t, u.s) // ends it, and waits
		}
		return best
	}
	first, last := took(10_001), took(10_001+2*(channels-1))
	if last > 8*first { // a search through those before it takes 200 million steps
		t.Errorf("%v when it is the last channel, %v when it is the first one", last, first)
	}
}
