package transport_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/history"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// brokenLocal is a Local store of which a test breaks something.
type brokenLocal struct {
	*history.Memory
	appender func(history.Appender) history.Appender
	watch    func(stop func()) func()
	hold     func(history.Hold) history.Hold
}

func (b *brokenLocal) Appender() history.Appender {
	if b.appender != nil {
		return b.appender(b.Memory.Appender())
	}
	return b.Memory.Appender()
}

func (b *brokenLocal) Watch(notify func()) func() {
	if b.watch != nil {
		return b.watch(b.Memory.Watch(notify))
	}
	return b.Memory.Watch(notify)
}

func (b *brokenLocal) Hold(ctx context.Context, after uint64) (history.Hold, error) {
	h, err := b.Memory.Hold(ctx, after)
	if b.hold != nil {
		h = b.hold(h)
	}
	return h, err
}

// closing calls a function when it is closed.
type closing struct {
	history.Appender
	closed func()
}

func (c closing) Close() { c.Appender.Close(); c.closed() }

// releasing calls a function when it is released.
type releasing struct {
	history.Hold
	released func()
}

func (r releasing) Release() { r.Hold.Release(); r.released() }

// TestNewResumableOfABrokenStore: a store that panics when a channel is made is an error of
// NewResumable, which leaves nothing behind.
func TestNewResumableOfABrokenStore(t *testing.T) {
	e := newEngine(t, transport.Options{})
	left := 0
	for name, store := range map[string]*brokenLocal{
		"Watch":       {watch: func(func()) func() { panic("no") }},
		"Appender":    {appender: func(history.Appender) history.Appender { panic("no") }},
		"no Appender": {appender: func(history.Appender) history.Appender { return nil }},
		"Hold":        {hold: func(history.Hold) history.Hold { panic("no") }},
		"no Hold":     {hold: func(history.Hold) history.Hold { return nil }},
	} {
		store.Memory = newMemory(t, history.MinMemory)
		if store.appender == nil {
			store.appender = func(a history.Appender) history.Appender {
				left++
				return closing{a, func() { left-- }}
			}
		}
		if store.hold == nil {
			store.hold = func(h history.Hold) history.Hold {
				left++
				return releasing{h, func() { left-- }}
			}
		}
		for range 2 {
			_, err := transport.NewResumable[int](e, "flow", transport.ResumableOptions{
				Store: store, WaitForReader: true,
			})
			if !errors.Is(err, transport.ErrStore) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if left != 0 {
			t.Errorf("%s: %d holds and appenders are left", name, left)
		}
	}
}

// TestTakenNameLeavesNothing: who can't have the name leaves no appender and no hold in the store.
func TestTakenNameLeavesNothing(t *testing.T) {
	e := newEngine(t, transport.Options{})
	left := 0
	o := transport.ResumableOptions{WaitForReader: true, Store: &brokenLocal{
		Memory: newMemory(t, history.MinMemory),
		appender: func(a history.Appender) history.Appender {
			left++
			return closing{a, func() { left-- }}
		},
		hold: func(h history.Hold) history.Hold {
			left++
			return releasing{h, func() { left-- }}
		},
	}}
	ch := newResumable[int](t, e, "flow", o)
	for range 3 {
		if _, err := transport.NewResumable[int](e, "flow", o); !errors.Is(err,
			transport.ErrNameTaken) {
			t.Fatal(err)
		}
	}
	if left != 2 {
		t.Errorf("%d holds and appenders, want those of one channel", left)
	}
	ch.Discard()
	if left != 0 {
		t.Errorf("%d holds and appenders are left", left)
	}
}

// TestDiscardWhereTheStoreExits: a store that ends the goroutine where a channel lets go of it does
// not keep the name, nor the pages.
func TestDiscardWhereTheStoreExits(t *testing.T) {
	for name, store := range map[string]*brokenLocal{
		"stop": {watch: func(stop func()) func() {
			return func() { stop(); runtime.Goexit() }
		}},
		"Appender.Close": {appender: func(a history.Appender) history.Appender {
			return closing{a, runtime.Goexit}
		}},
		"Hold.Release": {hold: func(h history.Hold) history.Hold {
			return releasing{h, runtime.Goexit}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				store.Memory = newMemory(t, history.MinMemory)
				e := newEngine(t, transport.Options{})
				ch := newResumable[int](t, e, "flow", transport.ResumableOptions{
					Store: store, WaitForReader: true,
				})
				c := mustResume(t, openPage(t, e, transporttest.Config{}), resumeArgs{
					Name: "flow", Observer: true,
				}, 1)
				done := make(chan struct{})
				go func() {
					defer close(done)
					ch.Discard()
				}()
				<-done
				if _, err := c.Next(); err == nil {
					t.Error("the page's channel goes on")
				}
				synctest.Wait()
				newResumable[int](t, e, "flow", transport.ResumableOptions{}).Discard()
				if st := ch.Stats(); !st.Closed || len(st.Readers) != 0 {
					t.Errorf("figures %+v", st)
				}
			})
		})
	}
}
