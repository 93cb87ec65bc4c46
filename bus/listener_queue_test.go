package bus_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// TestQueueOverflow: a slow listener's overflow is an error of that emit, is counted, and harms
// nobody else; then it hears what its queue had.
func TestQueueOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, b := newBus(t, transport.Options{}, bus.Options{QueueLen: 4})
		hold := make(chan struct{})
		slow, quick := newRecord(), newRecord()
		id, err := b.Listen(bus.Any, "e", func(e bus.Event) { <-hold; slow.hear(e) })
		noError(t, err)
		_, err = b.Listen(bus.Any, "e", quick.hear)
		noError(t, err)
		for i := range 5 { // one is in the listener, four in its queue
			noError(t, b.Emit("e", i))
			synctest.Wait()
		}
		err = b.Emit("e", 5)
		wantIs(t, err, bus.ErrQueueFull)
		var full *bus.ListenerError
		if !errors.As(err, &full) || !slices.Equal(full.IDs, []bus.ID{id}) || full.Name != "e" {
			t.Fatalf("error %v", err)
		}
		if st := b.Stats(); st.Overflows != 1 {
			t.Fatalf("stats %+v", st)
		}

		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("enough")
		result := make(chan error)
		go func() { result <- b.EmitContext(ctx, "e", 6) }()
		synctest.Wait() // it waits, and the others have it
		cancel(why)
		wantIs(t, <-result, why)
		go func() { result <- b.EmitContext(t.Context(), "e", 7) }()
		synctest.Wait()
		close(hold)
		noError(t, <-result)
		noError(t, b.EmitContext(t.Context(), "e", "end"))
		synctest.Wait()
		slow.want(t, "0", "1", "2", "3", "4", "7")
		quick.want(t, "0", "1", "2", "3", "4", "5", "6", "7")
	})
}

// TestUnlistenWakesWaiters: who waits for a listener that ends goes on.
func TestUnlistenWakesWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, b := newBus(t, transport.Options{}, bus.Options{QueueLen: 1})
		hold := make(chan struct{})
		id, err := b.Listen(bus.Any, "e", func(bus.Event) { <-hold })
		noError(t, err)
		noError(t, b.Emit("e", 0))
		synctest.Wait()
		noError(t, b.Emit("e", 1))
		result := make(chan error)
		go func() { result <- b.EmitContext(t.Context(), "e", 2) }()
		synctest.Wait()
		b.Unlisten(id)
		noError(t, <-result)
		close(hold)
	})
}

// TestGoroutines: an idle listener has no goroutine. (The bubble of synctest ends only when all
// have ended.)
func TestGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, b := newBus(t, transport.Options{}, bus.Options{})
		before := runtime.NumGoroutine()
		for range 1000 {
			_, err := b.Listen(bus.Any, "e", func(bus.Event) {})
			noError(t, err)
		}
		for i := range 3 {
			noError(t, b.Emit("e", i))
		}
		synctest.Wait()
		// Of 1,000 listeners none may hold one. The margin is the runtime's: it counts ended
		// goroutines as running while it moves them, 32 at a time on each processor, between its
		// free lists.
		if n := runtime.NumGoroutine(); n > before+200 {
			t.Fatalf("%d goroutines before, %d after", before, n)
		}
	})
}

// TestQueueBytes: a queue is bounded in bytes; one event has room in an empty queue, whatever its
// size.
func TestQueueBytes(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{QueueBytes: 10 << 10})
	begun, turn := make(chan int), make(chan struct{})
	id, err := b.Listen(bus.Any, "e", func(ev bus.Event) { begun <- len(ev.Binary); <-turn })
	noError(t, err)
	noError(t, b.Emit("e", make([]byte, 1)))
	receive(t, begun) // the queue is empty
	noError(t, b.Emit("e", make([]byte, 100<<10)))
	err = b.Emit("e", []byte{})
	var at *bus.ListenerError
	if !errors.Is(err, bus.ErrQueueFull) || !errors.As(err, &at) ||
		!slices.Equal(at.IDs, []bus.ID{id}) {
		t.Fatalf("behind a large event: %v", err)
	}
	turn <- struct{}{}
	if n := receive(t, begun); n != 100<<10 {
		t.Fatalf("heard %d bytes", n)
	}
	size := 1<<10 - 64 - len("e")
	for range 10 {
		noError(t, b.Emit("e", make([]byte, size)))
	}
	wantIs(t, b.Emit("e", []byte{}), bus.ErrQueueFull)
	result := make(chan error)
	// room for that comes with the second
	go func() { result <- b.EmitContext(within(t), "e", make([]byte, size+1)) }()
	for range 10 {
		turn <- struct{}{}
		if n := receive(t, begun); n != size {
			t.Fatalf("heard %d bytes", n)
		}
	}
	noError(t, receive(t, result))
	turn <- struct{}{}
	if n := receive(t, begun); n != size+1 {
		t.Fatalf("heard %d bytes", n)
	}
	turn <- struct{}{}
	if st := b.Stats(); st.Overflows != 2 || st.Delivered != 13 {
		t.Fatalf("stats %+v", st)
	}
}
