//go:build linux && (amd64 || arm64)

package shm

import (
	"testing"

	"github.com/tailrace-go/tailrace/internal/apitest"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

// TestNilArguments: nil where a value is meant is an error that says so, or has a sensible meaning.
// No function takes a context.
func TestNilArguments(t *testing.T) {
	apitest.Each(t, ".", []string{"context.Context"}, map[string]func() error{}, nil)
	apitest.Each(t, ".", apitest.Nilable, map[string]func() error{
		"New": func() error {
			_, err := New(nil, Options{})
			return err
		},
		"Carrier.Close": func() error {
			c, err := New(pulls.New("test"), Options{})
			if err != nil {
				return err
			}
			c.Close(nil)
			return nil
		},
		"Carrier.Deliver": func() error { return nil }, // the session's, which has a batch
	}, func(t *testing.T, f func() error) { apitest.Forgiving(t, "shm", f) })
}
