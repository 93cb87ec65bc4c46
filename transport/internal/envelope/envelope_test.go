package envelope

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// TestEnvelope: what a page says is read, in the page's order.
func TestEnvelope(t *testing.T) {
	e, err := Parse(1, []byte(`{"cmd":"x","headers":{"a":"b","c":""},"channels":[7,5,9],`+
		`"borrow":[5],"body":"lane","lane":11,"length":300}`))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	headers, cost := e.Headers()
	if len(headers) != 2 || headers["a"] != "b" || cost != 2*headerCost+3 {
		t.Errorf("headers %v, which cost %d", headers, cost)
	}
	var got []string
	if err := e.Channels(func(lane uint32, borrow bool) error {
		got = append(got, fmt.Sprint(lane, borrow))
		return nil
	}); err != nil {
		t.Error(err)
	}
	text := strings.Join(got, ", ")
	if string(e.Command()) != "x" || text != "7 false, 5 true, 9 false" {
		t.Errorf("command %s, channels %s", e.Command(), text)
	}
	want := Body{Raw: true, Apart: true, Lane: 11, Length: 300}
	if b, err := e.Body(); err != nil || b != want {
		t.Errorf("body %+v, %v", b, err)
	}
}

// TestBroken: what is no envelope breaks a rule.
func TestBroken(t *testing.T) {
	for _, text := range []string{
		``, `{`, `[]`, `{"body":"json"}`, `{"cmd":5,"body":"json"}`, `{"cmd":"x"}`,
		`{"cmd":"x","body":"yaml"}`, `{"cmd":"x","body":"json","channels":[4]}`,
		`{"cmd":"x","body":"json","channels":["5"]}`, `{"cmd":"x","body":"json","borrow":[5]}`,
		`{"cmd":"x","body":"json","channels":[4294967297]}`,
		`{"cmd":"x","body":"json","z":"` + strings.Repeat("z", Max) + `"}`,
	} {
		e, err := Parse(1, []byte(text))
		if err == nil {
			err = e.Channels(func(uint32, bool) error { return nil })
			if _, bad := e.Body(); err == nil {
				err = bad
			}
			e.Close()
		}
		var rule *wire.RuleError
		if !errors.As(err, &rule) {
			t.Errorf("%.50s: %v", text, err)
		}
	}
}
