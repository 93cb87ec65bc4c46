package transport_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

func TestBackpressure(t *testing.T) {
	const size = 64 << 10
	o := transport.Options{RingBytes: size, MaxBatch: 16 << 10, Window: size}
	p, page, ch := grab[[]byte](t, o, transporttest.Config{})
	// The page reads nothing: its window fills up, then the ring, then nothing moves.
	sent := 0
	for {
		// 65 frames of 1008 bytes are all that the window takes; with their receipt the ring has
		// its space back.
		settled := page.Queued() == 65 && p.Session.Stats().Unreceipted == 0
		err := ch.TrySend([]byte{byte(sent), byte(sent >> 8), 999: 0})
		if err == nil {
			sent++
		} else if !errors.Is(err, transport.ErrFull) {
			t.Fatal(err)
		} else if settled {
			break
		}
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if err := ch.Send(canceled, make([]byte, 1000)); !errors.Is(err, context.Canceled) {
		t.Fatalf("send into a full ring: %v", err)
	}
	if st := ch.Stats(); st.Bytes > size || st.Depth > size || sent*1000 > 2*size {
		t.Fatalf("the bounds are not kept: %d messages, %+v", sent, st)
	}
	done := make(chan error, 1)
	go func() { done <- ch.Send(within(t), []byte{byte(sent), byte(sent >> 8)}) }()
	for i := range sent + 1 {
		m, err := page.Next()
		if err != nil || int(m.Data[0])|int(m.Data[1])<<8 != i {
			t.Fatalf("message %d: %v, %v", i, m.Data[:2], err)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestLargeMessages(t *testing.T) {
	_, page, ch := grab[[]byte](t, transport.Options{RingBytes: 64 << 10}, transporttest.Config{})
	sizes := []int{0, 1, 8 << 10, 64 << 10, 1 << 20, 3<<20 + 5}
	var wg sync.WaitGroup
	for p := range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i, n := range sizes {
				body := bytes.Repeat([]byte{byte(p), byte(i)}, n/2+1)[:n]
				if err := ch.Send(within(t), body); err != nil {
					t.Errorf("%d bytes: %v", n, err)
				}
			}
		}()
	}
	go func() { wg.Wait(); ch.Close() }()
	next := map[int]int{} // by length: how many have come
	for {
		m, err := page.Next()
		if errors.Is(err, transporttest.ErrChannelClosed) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := 2; i < len(m.Data); i++ {
			if m.Data[i] != m.Data[i-2] {
				t.Fatalf("message of %d bytes differs at %d", len(m.Data), i)
			}
		}
		next[len(m.Data)]++
	}
	for _, n := range sizes {
		if next[n] != 3 {
			t.Errorf("%d messages of %d bytes, want 3", next[n], n)
		}
	}
	if st := ch.Stats(); st.Messages < uint64(3*len(sizes)) {
		t.Errorf("stats count %d messages", st.Messages)
	}
}

// TestAbortedMessage: a context that ends in the middle of a large message takes it back.
func TestAbortedMessage(t *testing.T) {
	o := transport.Options{RingBytes: 64 << 10, MaxBatch: 16 << 10, Window: 64 << 10}
	_, page, ch := grab[[]byte](t, o, transporttest.Config{})
	// The page reads nothing: its window fills up, and the ring stays empty behind it.
	small := 0
	for ; ch.Stats().Bytes+1024 < 64<<10; small++ {
		if err := ch.Send(within(t), make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		if err := ch.Flush(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	sent := make(chan error, 1)
	go func() { sent <- ch.Send(ctx, make([]byte, 4<<20)) }()
	for ch.Stats().Depth < 48<<10 { // several fragments are in the ring
		runtime.Gosched()
	}
	cancel()
	if err := <-sent; !errors.Is(err, context.Canceled) {
		t.Fatalf("the message that can't be sent: %v", err)
	}
	go func() {
		if err := ch.Send(within(t), []byte("after")); err != nil {
			t.Error(err)
		}
	}()
	for i := range small {
		if m, err := page.Next(); err != nil || len(m.Data) != 1000 {
			t.Fatalf("message %d: %d bytes, %v", i, len(m.Data), err)
		}
	}
	m, err := page.Next()
	if err != nil || string(m.Data) != "after" {
		t.Fatalf("%d bytes, %v", len(m.Data), err)
	}
}
