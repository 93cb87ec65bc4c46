package bus_test

import (
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/apitest"
	"github.com/tailrace-go/tailrace/transport"
)

// TestNilArguments: nil where a function or a value is meant is an error that says so, at once.
func TestNilArguments(t *testing.T) {
	_, b := newBus(t, transport.Options{}, bus.Options{})
	refused := func(_ bus.ID, err error) error {
		wantIs(t, err, bus.ErrHandler)
		return err
	}
	apitest.Each(t, ".", apitest.Nilable, map[string]func() error{
		"New": func() error {
			_, err := bus.New(nil, bus.Options{})
			return err
		},
		"Bus.Listen": func() error { return refused(b.Listen(bus.Any, "e", nil)) },
		"Bus.Once":   func() error { return refused(b.Once(bus.Any, "e", nil)) },
		"On": func() error {
			return refused(bus.On(nil, "e", func(bus.Event, int) {}))
		},
		"Bus.EmitFilter": func() error { return b.EmitFilter("e", 1, nil) },
		"Bus.EmitFilterContext": func() error {
			return b.EmitFilterContext(t.Context(), "e", 1, nil)
		},
		"Page.Connect": func() error { b.Open("main").Connect(nil); return nil },
	}, func(t *testing.T, f func() error) { apitest.Forgiving(t, "bus", f) })
	refused(bus.On[int](b.At(bus.App), "e", nil))
}
