package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestStats: a channel's figures, step by step, on a clock that stands still in between.
func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, narrow)
		got := make(chan *transport.Stream[[]byte, []byte], 1)
		transport.Handle(e, "grab", func(_ context.Context, a struct {
			S *transport.Stream[[]byte, []byte]
		}) (any, error) {
			a.S.Keep()
			got <- a.S
			return nil, nil
		})
		p, err := transporttest.Open(e, transporttest.Config{Label: "left"})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		page := p.NewChannel()
		if _, err := p.Invoke(transporttest.Request{
			Command: "grab", Args: map[string]any{"S": page},
			Channels: []*transporttest.Channel{
				page,
			},
		}); err != nil {
			t.Fatal(err)
		}
		ch := <-got
		const stride = 1008 // 1000 bytes, and a header
		data := make([]byte, 1000)
		send := func(n int) {
			t.Helper()
			for range n {
				if err := ch.Send(within(t), data); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
		}
		check := func(what string, want transport.ChannelStats) {
			t.Helper()
			st := ch.Stats()
			st.Latency, st.Rate, st.ReceivedRate = 0, transport.Rate{}, transport.Rate{}
			want.ID, want.Name, want.Direction, want.OnFull, want.Ring = page.ID(), "grab",
				transport.Both, "block", 64<<10
			if st != want {
				t.Fatalf("%s:\n%+v, want\n%+v", what, st, want)
			}
		}
		send(10)
		check("ten that the page has and has not read", transport.ChannelStats{
			Messages: 10, Bytes: 10 * stride, Lag: 10 * stride,
		})
		time.Sleep(2 * time.Second)
		if st := ch.Stats(); st.Rate != (transport.Rate{Messages: 5, Bytes: 5 * stride}) ||
			st.Latency != 2*time.Second {
			t.Errorf("two seconds later: rate %v, latency %v", st.Rate, st.Latency)
		}
		for range 10 {
			if _, err := page.Next(); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute) // this page tells its credit with the next request
		check("ten that it has read", transport.ChannelStats{Messages: 10, Bytes: 10 * stride,
			Credited: 10 * stride})
		if st := ch.Stats(); st.Rate != (transport.Rate{}) || st.Latency <= 2*time.Second ||
			st.Latency > 22*time.Second {
			t.Errorf("rate %v, latency %v", st.Rate, st.Latency)
		}

		// The page stands still: the ring fills, and a sender waits.
		p.Stall(true)
		time.Sleep(time.Minute) // requests under way end
		full := 0
		for ch.TrySend(data) == nil {
			full++
		}
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
		defer cancel()
		failed := make(chan error, 1)
		go func() { failed <- ch.Send(ctx, data) }()
		synctest.Wait()
		time.Sleep(3 * time.Second)
		st := ch.Stats()
		if st.Blocked != 3*time.Second || st.Waiting != 1 || st.Depth < full*stride ||
			st.Depth >= (full+1)*stride || st.Lag != uint64(st.Depth) ||
			st.Rate != (transport.Rate{}) {
			t.Fatalf("with %d in the ring, and a sender that has waited 3 s: %+v", full, st)
		}
		if all := p.Session.Stats(); all.Channels.Waiting != 1 ||
			all.Channels.Blocked != 3*time.Second || all.Channels.Lag != st.Lag {
			t.Errorf("the session's sums: %+v", all.Channels)
		}
		if err := <-failed; !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		if st := ch.Stats(); st.Blocked != 7*time.Second || st.Waiting != 0 {
			t.Errorf("after the wait: %+v", st)
		}
		p.Stall(false)
		for range full {
			if _, err := page.Next(); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		all := uint64(10 + full)
		check("all has been read", transport.ChannelStats{Messages: all, Bytes: all * stride,
			Credited: all * stride, Blocked: 7 * time.Second})

		// The other direction.
		for range 5 {
			if err := page.Send(wire.Bytes, data); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		want := ch.Stats()
		if want.Received != 5 || want.ReceivedBytes != 5*stride || want.Unread != 5*stride ||
			want.ReceivedRate.Messages <= 0 {
			t.Fatalf("five that Go has not taken: %+v", want)
		}
		for range 5 {
			if _, err := ch.Receive(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if st := ch.Stats(); st.Unread != 0 || st.Received != 5 {
			t.Errorf("five that Go has taken: %+v", st)
		}

		// The channel's sums stay when it is gone.
		before := p.Session.Stats()
		ch.Close()
		page.Close()
		time.Sleep(time.Second)
		after := p.Session.Stats()
		if n := len(slices.Collect(p.Session.Channels())); n != 0 || after.Lanes != 0 {
			t.Fatalf("%d channels are open", n)
		}
		if a, b := after.Channels, before.Channels; a.Messages < b.Messages ||
			a.Messages > b.Messages+1 || a.Received < b.Received || a.Blocked != b.Blocked ||
			a.Lag != 0 || a.Depth != 0 {
			t.Errorf("sums after the channel's end: %+v, before %+v", a, b)
		}
		// And the session's.
		sum := e.Stats()
		if len(sum.Sessions) != 1 || sum.Sessions[0].Label != "left" ||
			sum.Channels != after.Channels || sum.Commands != 1 || sum.Opened != 1 {
			t.Errorf("the engine: %+v", sum)
		}
		p.Close()
		synctest.Wait()
		end := e.Stats()
		if end.Sessions == nil || len(end.Sessions) != 0 || end.Channels != after.Channels ||
			end.Commands != 1 || end.Bytes < sum.Bytes || end.Memory != 0 {
			t.Errorf("the engine after the session: %+v, before %+v", end, sum)
		}
	})
}

// TestStatsOfManyChannels: names, directions and order; a Stream and a raw argument on its way
// beside plain channels.
func TestStatsOfManyChannels(t *testing.T) {
	e := newEngine(t, transport.Options{})
	type plain struct{ C *transport.Channel[int] }
	for i := range 3 {
		transport.Handle(e, fmt.Sprint("watch ", i), func(_ context.Context, a plain) (any, error) {
			a.C.Keep()
			return nil, a.C.TrySend(i)
		})
	}
	transport.Handle(e, "talk", func(_ context.Context, a struct{ C *transport.Stream[int, int] }) (
		any, error) {
		a.C.Keep()
		return nil, nil
	})
	p := openPage(t, e, transporttest.Config{})
	for _, command := range []string{"watch 2", "talk", "watch 0", "watch 1"} {
		c := p.NewChannel()
		if _, err := p.Invoke(transporttest.Request{Command: command, Args: map[string]any{"C": c},
			Channels: []*transporttest.Channel{c}}); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	last := uint32(0)
	for st := range p.Session.Channels() {
		if st.ID <= last {
			t.Errorf("channel %d comes after %d", st.ID, last)
		}
		last = st.ID
		seen = append(seen, fmt.Sprint(st.Name, " ", st.Direction))
	}
	if want := []string{
		"watch 2 down", "talk both", "watch 0 down", "watch 1 down",
	}; !slices.Equal(seen, want) {
		t.Errorf("channels %q, want %q", seen, want)
	}
	for range p.Session.Channels() {
		break // may be left at any time
	}
	if sum := e.Stats(); sum.Channels.Messages != 3 || sum.Lanes != 4 {
		t.Errorf("%+v", sum)
	}
}

// TestStatsPrint: as JSON the figures have names, and the session's id is not told.
func TestStatsPrint(t *testing.T) {
	e := newEngine(t, transport.Options{})
	p := openPage(t, e, transporttest.Config{Label: "main"})
	text, err := json.Marshal(e.Stats())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), p.Session.ID()) {
		t.Error("the session's id is told")
	}
	for _, want := range []string{`"sessions":[{"number":1,"label":"main"`, `"carrier":"memory"`,
		`"blockedNs":0`, `"rate":{"messages":0,"bytes":0}`, `"control":{"id":0,"name":"control"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

// TestStatsCountRepairs: what was sent again is counted where it belongs.
func TestStatsCountRepairs(t *testing.T) {
	_, page, ch := grab[[]byte](t, transport.Options{ResendAfter: 10 * time.Millisecond},
		transporttest.Config{
			Faults: transporttest.Faults{Seed: 1, LoseAnswer: 0.3},
		})
	const n = 200
	for range n {
		if err := ch.Send(within(t), make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		if err := ch.Flush(within(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := page.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if st := ch.Stats(); st.Messages != n || st.Resent == 0 || st.Resent > n*16 {
		t.Errorf("%+v", st)
	}
}
