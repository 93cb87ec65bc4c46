package history

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// TestWatchers: each one is told of whatever happens, though those before it panic or end the
// goroutine, and who calls the Memory is not harmed by a panic.
func TestWatchers(t *testing.T) {
	ctx := context.Background()
	for name, happens := range map[string]func(m *Memory) error{
		"Append":    func(m *Memory) error { return m.Appender().Append(ctx, []byte("x")) },
		"TryAppend": func(m *Memory) error { return m.Appender().TryAppend([]byte("x")) },
		"Store's Append": func(m *Memory) error {
			_, err := m.Append(ctx, []byte("x"), nil)
			return err
		},
		"Clear": func(m *Memory) error { m.Clear(); return nil },
	} {
		for bad, f := range map[string]func(){
			"panics": func() { panic("the app's") }, "exits": runtime.Goexit, "nil": nil,
		} {
			t.Run(name+", one "+bad, func(t *testing.T) {
				m := newMemory(t, MinMemory)
				told := ""
				for i := range 3 {
					stop := m.Watch(f)
					m.Watch(func() { told += fmt.Sprint(i) })
					if i == 2 {
						stop()
						stop()
					}
				}
				done := make(chan error, 1)
				go func() {
					defer close(done)
					done <- happens(m)
				}()
				if err, returned := <-done; err != nil || returned != (bad != "exits") {
					t.Errorf("it returns: %v, %v", returned, err)
				}
				if told != "012" {
					t.Errorf("told were %q", told)
				}
			})
		}
	}
}

// TestWatcherOfWhoWaits: a hold that lets go adds the messages of who waits, and a watcher that
// panics then harms neither.
func TestWatcherOfWhoWaits(t *testing.T) {
	m := newMemory(t, MinMemory)
	h, err := m.Hold(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	a, message := m.Appender(), denseBytes(30_000)
	for err == nil {
		err = a.TryAppend(message)
	}
	newest := m.Now().Newest
	sent := make(chan error, 1)
	go func() { sent <- a.Append(t.Context(), message) }()
	for a.Waiting() == 0 {
		time.Sleep(time.Millisecond)
	}
	told := 0
	m.Watch(func() { panic("the app's") })
	m.Watch(func() { told++ })
	h.Move(newest)
	if err := <-sent; err != nil || told != 1 {
		t.Errorf("%v, the other one was told %d times", err, told)
	}
}

// TestBlockOfTwo: a block that a Memory has filled may be added to, and used for the Memory again:
// its messages have their own numbers, and the Memory goes on.
func TestBlockOfTwo(t *testing.T) {
	m := newMemory(t, MinMemory)
	add := func(text string) {
		t.Helper()
		if _, err := m.Append(t.Context(), []byte(text), nil); err != nil {
			t.Fatal(err)
		}
	}
	var b Block
	want := func(sequence uint64, message string) {
		t.Helper()
		if n, got, ok := b.Next(); !ok || n != sequence || string(got) != message {
			t.Errorf("message %d is %.20q (%v), want %d, %.20q", n, got, ok, sequence, message)
		}
	}
	b.Add(6, nil) // what it was used for before
	b.Reset()
	add("one")
	if err := m.Read(t.Context(), m.Now().Epoch, 1, &b); err != nil {
		t.Fatal(err)
	}
	other := string(make([]byte, 1000))
	b.Add(7, []byte(other))
	want(1, "one")
	want(7, other)
	add("two")
	add("three")
	b.Reset()
	if err := m.Read(t.Context(), m.Now().Epoch, 3, &b); err != nil {
		t.Fatal(err)
	}
	want(3, "three")
	if n := m.Now().Newest; n != 3 {
		t.Errorf("the newest is %d", n)
	}
}
