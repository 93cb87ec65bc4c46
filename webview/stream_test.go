//go:build linux && cgo

package webview

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// checksum is what the page computes, too.
func checksum(b []byte) uint32 {
	s := uint32(len(b))
	for _, x := range b {
		s = s*31 + uint32(x)
	}
	return s
}

// numbered is (producer, n, checksum of the rest), and the rest.
func numbered(r *rand.Rand, producer, n int) []byte {
	size := r.IntN(100)
	switch p := r.IntN(50_000); {
	case p < 1:
		size = 1<<20 - 12
	case p < 20:
		size = 60_000 + r.IntN(140_000)
	case p < 500:
		size = r.IntN(10_000)
	}
	return numberedOf(r, producer, n, size)
}

// numberedOf is numbered with a rest of that size.
func numberedOf(r *rand.Rand, producer, n, size int) []byte {
	b := make([]byte, 12+size)
	binary.LittleEndian.PutUint32(b, uint32(producer))
	binary.LittleEndian.PutUint32(b[4:], uint32(n))
	for i := range min(size, 64) {
		b[12+i] = byte(r.Uint32())
	}
	binary.LittleEndian.PutUint32(b[8:], checksum(b[12:]))
	return b
}

// TestOrderIntoPage: 16 goroutines send a million messages of 0 B to 1 MB on 4 channels. In the
// page each producer is gapless, each message intact and there once; the page's client itself ends
// the session when a channel's sequence is not contiguous.
func TestOrderIntoPage(t *testing.T) { orderIntoPage(t, Options{}, 1_000_000) }

const orderVerdict = `
	const { invoke, Channel } = tailrace;
	const next = Array(16).fill(0), empty = Array(4).fill(0);
	let messages = 0, error = '';
	const u32 = (m, at) => (m[at] | m[at+1] << 8 | m[at+2] << 16 | m[at+3] << 24) >>> 0;
	const on = (channel, m) => {
		messages++;
		if (m.length === 0) { empty[channel]++; return; }
		const producer = u32(m, 0), n = u32(m, 4);
		let sum = m.length - 12;
		for (let i = 12; i < m.length; i++) sum = (Math.imul(sum, 31) + m[i]) >>> 0;
		if (sum !== u32(m, 8)) error ||= 'producer ' + producer + ': message ' + n + ' is damaged';
		if (producer % 4 !== channel) error ||= 'producer ' + producer + ' on channel ' + channel;
		if (n !== next[producer]) error ||= 'producer ' + producer + ': message ' + n + ' where ' +
			next[producer] + ' is due';
		next[producer]++;
	};
	try {
		await invoke('run', { channels: [0, 1, 2, 3].map((c) => new Channel((m) => on(c, m))) });
	} catch (e) { error ||= String(e); }
	return { error, messages, empty, next };`

// orderIntoPage sends so many messages, at least one of 1 MB by each goroutine.
func orderIntoPage(t *testing.T, o Options, messages int) {
	const channels, producers = 4, 16
	each := messages / producers
	type args struct{ Channels []*transport.Channel[[]byte] }
	var mu sync.Mutex // the page's answer, over shared memory, orders nothing for the race detector
	empties := make([]int, channels)
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "run", func(ctx context.Context, a args) (int, error) {
			var wg sync.WaitGroup
			var errs []error
			for p := range producers {
				wg.Go(func() {
					r := rand.New(rand.NewPCG(7, uint64(p)))
					ch := a.Channels[p%channels]
					empty := 0
					for n := range each {
						var body []byte
						switch {
						case n%10 == 9:
							empty++ // nothing to number: the page counts these
						case n == each/20*10:
							body = numberedOf(r, p, n-n/10, 1<<20-12)
						default:
							body = numbered(r, p, n-n/10)
						}
						if err := ch.Send(ctx, body); err != nil {
							mu.Lock()
							errs = append(errs, err)
							mu.Unlock()
							return
						}
					}
					mu.Lock()
					empties[p%channels] += empty
					mu.Unlock()
				})
			}
			wg.Wait()
			return messages, errors.Join(errs...)
		})
	})
	var v struct {
		Error    string
		Messages int
		Empty    []int
		Next     []int
	}
	p.runLong(orderVerdict, &v)
	if v.Error != "" || v.Messages != messages {
		t.Fatalf("%d of %d messages, %s", v.Messages, messages, v.Error)
	}
	for p, n := range v.Next {
		if n != each-each/10 {
			t.Errorf("producer %d: %d messages", p, n)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if fmt.Sprint(v.Empty) != fmt.Sprint(empties) {
		t.Errorf("empty messages %v, want %v", v.Empty, empties)
	}
}

// waitLong waits for what moves much data, on slow machines and under the race detector.
func waitLong[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(4 * time.Minute):
		t.Fatal("no end within four minutes")
	}
	panic("unreachable")
}

// TestStalledPage: a page that stops reading stops the sender, in bounded memory, and gets
// everything in order when it goes on. 1 GB on a ring of 4 MB.
func TestStalledPage(t *testing.T) { stalledPage(t, Options{}, 1<<30) }

// stalledPage sends so many bytes.
func stalledPage(t *testing.T, o Options, total int) {
	const size = 64 << 10
	messages := total / size
	type args struct{ Channel *transport.Channel[[]byte] }
	channels := make(chan *transport.Channel[[]byte], 1)
	goOn := make(chan struct{})
	o.Engine.RingBytes = 4 << 20
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "open", func(_ context.Context, a args) (bool, error) {
			a.Channel.Keep()
			channels <- a.Channel
			return true, nil
		})
		transport.Handle(e, "pause", func(context.Context, struct{}) (bool, error) {
			<-goOn
			return true, nil
		})
	})
	verdict := p.start(`
		const { invoke, Channel } = tailrace;
		const channel = new Channel();
		let n = 0, error = '';
		await invoke('open', { channel });
		for await (const m of channel) {
			if (n === 0) await invoke('pause');
			const got = m[0] | m[1] << 8;
			if (got !== n || m.length !== 65536) error ||= 'message ' + got + ' of ' + m.length +
				' bytes where ' + n + ' is due';
			n++;
		}
		return { error, n };
	`)
	ch := wait(t, channels, "the page's channel")
	before := resident(t)
	sent := make(chan error, 1)
	accepted := make(chan int, messages)
	go func() {
		body := make([]byte, size)
		for n := range messages {
			body[0], body[1] = byte(n), byte(n>>8)
			if err := ch.Send(context.Background(), body); err != nil {
				sent <- err
				return
			}
			accepted <- n
		}
		ch.Close()
		sent <- nil
	}()
	// The window and the ring fill up, until nothing has moved for a while: the sender is blocked.
	const still = 500 * time.Millisecond
	deadline, moved, stalled := time.Now().Add(patience), time.Now(), -1
	for time.Since(moved) < still {
		if time.Now().After(deadline) {
			t.Fatalf("the channel does not fill up: %+v", ch.Stats())
		}
		st := ch.Stats()
		full := st.Bytes >= 4<<20-2*size && p.Session().Stats().Unreceipted == 0 &&
			st.Depth >= 4<<20-2*size
		if n := len(accepted); n != stalled || !full {
			stalled, moved = n, time.Now()
		}
		time.Sleep(time.Millisecond)
	}
	if err := ch.TrySend(make([]byte, size)); !errors.Is(err, transport.ErrFull) {
		t.Fatalf("TrySend gives %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if err := ch.Send(ctx, make([]byte, size)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Send gives %v", err)
	}
	if n := len(accepted); n != stalled {
		t.Errorf("%d messages were accepted, then %d more", stalled, n-stalled)
	}
	grown := resident(t) - before
	close(goOn)
	for done := false; !done; {
		select {
		case err := <-sent:
			if err != nil {
				t.Fatal(err)
			}
			done = true
		case <-time.After(50 * time.Millisecond):
			grown = max(grown, resident(t)-before)
		}
	}
	var v struct {
		Error string
		N     int
	}
	p.decode(waitLong(t, verdict), &v)
	if v.Error != "" || v.N != messages {
		t.Fatalf("%d of %d messages, %s", v.N, messages, v.Error)
	}
	t.Logf("%d messages were accepted while the page read nothing; the process grew by %.1f MB",
		stalled, float64(grown)/1e6)
	if grown > 32<<20 && !raced {
		t.Errorf("the process grew by %d bytes", grown)
	}
}
