package bus_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestLeaveBesideEmits: what a page emits is heard, whichever step of Leave it meets.
func TestLeaveBesideEmits(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	heard := newRecord()
	_, err := b.Listen(bus.App, "bye", heard.hear)
	noError(t, err)
	w := b.Open("main")
	for range 500 {
		p := loadPlain(t, e, w, "main", nil)
		left := make(chan struct{})
		answer := p.start(bus.CommandEmit, `{"event":"bye","payload":1}`)
		go func() {
			defer close(left)
			w.Leave()
		}()
		noError(t, receive(t, answer))
		receive(t, left)
		noError(t, b.Emit("bye", "end"))
		heard.want(t, "1")
		wantCode(t, p.call(bus.CommandListen, `{"event":"e","sub":1}`), transport.CodeClosed)
		p.session.End("left")
	}
}

// TestEmitsBehindTheEnd: a page that has said what its last batch is has its commands run, though
// the time in which they may answer is over: what it emits by them is heard. Of a page that does
// not say it, nothing is.
func TestEmitsBehindTheEnd(t *testing.T) {
	e, b := newBus(t, transport.Options{}, bus.Options{})
	begun, hold := make(chan struct{}), make(chan struct{})
	transport.HandleOrdered(e, "slow", func(context.Context, struct{}) (any, error) {
		begun <- struct{}{}
		<-hold
		return nil, nil
	})
	heard := newRecord()
	_, err := b.Listen(bus.App, "bye", heard.hear)
	noError(t, err)
	w := b.Open("main")
	for _, says := range []bool{true, false, true} {
		p := loadPlain(t, e, w, "main", nil)
		p.start("slow", `{}`)
		p.start(bus.CommandEmit, fmt.Sprintf(`{"event":"bye","payload":%v}`, says))
		p.start(bus.CommandEmit, `{"event":"bye","payload":"end"}`)
		receive(t, begun)
		w.Leave()
		if says {
			p.session.Leave(p.number, "left")
		}
		p.session.End("the time is over")
		receive(t, p.session.Done())
		hold <- struct{}{}
		noError(t, transporttest.Leftovers(p.session)) // its commands are over
		if says {
			heard.want(t, "true")
		}
	}
}
