package bus

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzArgs: whatever a page sends as arguments is refused, or read as encoding/json reads it; names
// and targets that are accepted follow their rules.
func FuzzArgs(f *testing.F) {
	for _, text := range []string{
		`{}`, ` { "event" : "e" , "payload" : {"a":["]}",{}]} , "sub":1 } `,
		`{"event":"\u0065","target":"x","payload":-1.5e3}`,
		`{"target":{"kind":"Window","label":"x"},"payload":"\\\""}`, `{"payload":true}`,
		`{"payload":1,"payload":2}`, `[1]`, `null`, `{`, ``,
		`{"a":{},"b":[],"c":"","event":"größe"}`, `{"\u0065vent":"e"}`, `{"event":"\ud800"}`,
		"{\"event\":\"\xff\"}", `{"sub":4294967296}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := parseArgs(data)
		if err != nil {
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(data, &members); err != nil {
			t.Fatalf("accepted %q: %v", data, err)
		}
		for key, got := range map[string]json.RawMessage{"event": a.event, "target": a.target,
			"sub": a.sub, "payload": a.payload} {
			if !bytes.Equal(got, members[key]) {
				t.Fatalf("%s of %q is %q, want %q", key, data, got, members[key])
			}
		}
		if name, err := a.name(); err == nil {
			var want string
			if json.Unmarshal(a.event, &want) != nil || name != want || checkName(name) != nil {
				t.Fatalf("name %q of %q", name, data)
			}
		}
		if sub, err := a.number(); err == nil {
			var want uint32
			if json.Unmarshal(a.sub, &want) != nil || sub != want || sub == 0 {
				t.Fatalf("subscription %d of %q", sub, data)
			}
		}
		if a.target == nil {
			return
		}
		if target, err := a.to(); err == nil && target.check() != nil {
			t.Fatalf("target %v of %q", target, data)
		}
	})
}
