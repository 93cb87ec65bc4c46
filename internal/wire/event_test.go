package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"testing"
)

// eventsFile holds payloads of event frames, for this test and the client's; -update writes it.
const eventsFile = "testdata/events.json"

type eventVector struct {
	Name    string   `json:"name"`
	Hex     string   `json:"hex"`
	Accept  bool     `json:"accept"`
	Subs    []uint32 `json:"subs,omitempty"`
	Binary  bool     `json:"binary,omitempty"`
	Payload string   `json:"payload,omitempty"` // in hexadecimal
}

func eventVectors() []eventVector {
	accepted := func(name string, binary bool, payload string, subs ...uint32) eventVector {
		p := hex.EncodeToString([]byte(payload))
		return eventVector{name, hex.EncodeToString(AppendEventHead(nil, subs, binary)) + p, true,
			subs, binary, p}
	}
	refused := func(name, hex string) eventVector { return eventVector{Name: name, Hex: hex} }
	return []eventVector{
		accepted("json", false, `{"é":[1,"\u2028"]}`, 1),
		accepted("three subscriptions", false, "null", 3, 2, 1),
		accepted("the same one twice", false, "1", 5, 5),
		accepted("largest subscription", true, "\x00\xff", 1<<32-1),
		accepted("no bytes", true, "", 7),
		refused("nothing", ""),
		refused("count only", "01000000"),
		refused("no subscription", "0000000000000000"+"31"),
		refused("no subscription, but room", "0000000000000000"+"0100000031"),
		refused("count past the payload", "0200000000000000"+"01000000"+"313233"),
		refused("count past the payload by far", "ffffffff00000000"+"01000000"+"31"),
		refused("count times four past 2^32", "0100004000000000"+"01000000"+"31"),
		refused("form 2", "0100000002000000"+"01000000"+"31"),
		refused("form 256", "0100000000010000"+"01000000"+"31"),
	}
}

func TestEventVectors(t *testing.T) {
	if *update {
		data, err := json.MarshalIndent(eventVectors(), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(eventsFile, append(data, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(eventsFile)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []eventVector
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(vectors, eventVectors()) {
		t.Error("the file is old: run this test with -update")
	}
	for _, v := range vectors {
		payload, err := hex.DecodeString(v.Hex)
		if err != nil {
			t.Fatal(err)
		}
		e, err := DecodeEvent(payload)
		var rule *RuleError
		if !v.Accept {
			if !errors.As(err, &rule) {
				t.Errorf("%s: %v, want a rule error", v.Name, err)
			}
			continue
		}
		want, _ := hex.DecodeString(v.Payload)
		if err != nil || !slices.Equal(e.Subs, v.Subs) || e.Binary != v.Binary ||
			!bytes.Equal(e.Payload, want) {
			t.Errorf("%s: %+v, %v", v.Name, e, err)
		}
		if again := append(AppendEventHead(nil, e.Subs, e.Binary),
			e.Payload...); !bytes.Equal(again, payload) {
			t.Errorf("%s: encoded again %x, was %x", v.Name, again, payload)
		}
	}
}
