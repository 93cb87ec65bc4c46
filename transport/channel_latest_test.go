package transport_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestLatestIsCounted: Depth is what a channel with Latest holds: the value that waits, the one
// that is on its way, and nothing when the page has the last one.
func TestLatestIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 1 << 20
		p, page, ch := grab[[]byte](t, transport.Options{}, transporttest.Config{})
		if err := ch.Configure(transport.ChannelOptions{OnFull: transport.Latest}); err != nil {
			t.Fatal(err)
		}
		depth := func(what string, least, most int) {
			t.Helper()
			st := ch.Stats()
			if st.Depth < least*size || st.Depth > most*(size+1000) {
				t.Errorf("%s: Depth is %d, want that of %d to %d values of %d", what, st.Depth,
					least, most, size)
			}
			if total := p.Session.Stats().Channels.Depth; total != st.Depth {
				t.Errorf("%s: the session's channels have %d, this one %d", what, total, st.Depth)
			}
		}
		depth("before the first value", 0, 0)
		synctest.Wait() // the page's requests are held: they take the first values
		p.Stall(true)
		for range 5 {
			if err := ch.Send(t.Context(), make([]byte, size)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		depth("some on their way, one that waits", 2, 5)
		p.Stall(false)
		go func() {
			for {
				if _, err := page.Next(); err != nil {
					return
				}
			}
		}()
		if err := ch.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		depth("after the last receipt", 0, 0)
	})
}

func TestLatest(t *testing.T) {
	o := transport.Options{MaxBatch: 16 << 10, Window: 64 << 10}
	for _, size := range []int{8, 40 << 10} {
		_, page, ch := grab[[]byte](t, o, transporttest.Config{})
		if err := ch.Configure(transport.ChannelOptions{OnFull: transport.Latest}); err != nil {
			t.Fatal(err)
		}
		const n = 1000
		for i := range n {
			body := make([]byte, size)
			body[0], body[1] = byte(i), byte(i>>8)
			if err := ch.Send(within(t), body); err != nil {
				t.Fatal(err)
			}
		}
		if err := ch.Configure(transport.ChannelOptions{}); !errors.Is(err, transport.ErrInUse) {
			t.Errorf("late Configure: %v", err)
		}
		ch.Close()
		if err := ch.Send(within(t), make([]byte, size)); !errors.Is(err, transport.ErrClosed) {
			t.Errorf("send after close: %v", err)
		}
		last, got := -1, 0
		for {
			m, err := page.Next()
			if errors.Is(err, transporttest.ErrChannelClosed) {
				break
			}
			if err != nil || len(m.Data) != size {
				t.Fatalf("%d bytes, %v", len(m.Data), err)
			}
			i := int(m.Data[0]) | int(m.Data[1])<<8
			if i <= last {
				t.Fatalf("value %d after %d", i, last)
			}
			last = i
			got++
		}
		if last != n-1 {
			t.Errorf("the last value is %d, want %d", last, n-1)
		}
		if st := ch.Stats(); int(st.Replaced)+got != n {
			t.Errorf("%d values came and %d were replaced, of %d", got, st.Replaced, n)
		}
	}
}
