package fuzz

import (
	"encoding/json"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
)

// FuzzPolicy: whatever a policy's JSON holds, it is refused, or it is what its own JSON, read
// again, gives: the same answer for a page that the input names.
func FuzzPolicy(f *testing.F) {
	f.Add(
		[]byte(
			`{"rules":[{"windows":["*"],"origins":["a?c"],"allow":["command:*"],
				"deny":["command:x*y"]}]}`), "main", "abc", "xy")
	f.Add([]byte(`{"rules":[{"windows":["m"],"origins":["*"],"allow":["eval","*"]}],"Rules":[]}`),
		"m", "", "")
	f.Add([]byte(`{"rules":[{"windows":["\ud800"],"origins":["**"],"deny":["emit:*\u0000"]}]}`),
		"\xff", "null", "\x00")
	f.Fuzz(func(t *testing.T, data []byte, label, origin, name string) {
		p, err := policy.Parse(data)
		if err != nil {
			return
		}
		if err := p.Validate(); err != nil {
			t.Fatalf("parsed, but not valid: %v", err)
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		q, err := policy.Parse(again)
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		for _, a := range []transport.Action{transport.ActionCommand, transport.ActionEmit,
			transport.ActionEval, "x"} {
			want := transport.Permission{Label: label, Origin: origin, Action: a, Name: name}
			one, two := p.Check(want), q.Check(want)
			if (one == nil) != (two == nil) {
				t.Fatalf("%+v: %v, read again %v", want, one, two)
			}
		}
	})
}
