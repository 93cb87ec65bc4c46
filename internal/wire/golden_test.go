package wire

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// The vectors are written by `go test ./internal/wire -run Golden -update` and read by
// this test and by the client's. What a vector says is written here by hand; its bytes come
// from the encoder, and the rejected ones from changing single bytes of those.
var update = flag.Bool("update", false, "write the golden vectors")

const goldenDir = "testdata/golden"

type vector struct {
	Name      string       `json:"name"`
	Direction string       `json:"direction"`
	Hex       string       `json:"hex"`
	Accept    bool         `json:"accept"`
	Lost      bool         `json:"lost,omitempty"`
	Batch     *goldenBatch `json:"batch,omitempty"`
}

type goldenBatch struct {
	Number    uint64         `json:"number"`
	Receipt   uint64         `json:"receipt"`
	Selective uint32         `json:"selective"`
	Slot      uint32         `json:"slot"`
	Request   uint32         `json:"request"`
	Hold      uint32         `json:"hold"`
	Credits   []goldenCredit `json:"credits"`
	Runs      []goldenRun    `json:"runs"`
}

type goldenCredit struct {
	Lane  uint32 `json:"lane"`
	Total uint64 `json:"total"`
}

type goldenRun struct {
	Lane   uint32        `json:"lane"`
	First  uint64        `json:"first"`
	Align  uint32        `json:"align"`
	Frames []goldenFrame `json:"frames"`
}

type goldenFrame struct {
	Kind Kind   `json:"kind"`
	Hex  string `json:"hex"`
}

func (v *vector) direction() Direction {
	if v.Direction == "up" {
		return Up
	}
	return Down
}

// encode writes the batch that a vector describes.
func (g *goldenBatch) encode(t *testing.T) []byte {
	h := Header{Number: g.Number, Receipt: g.Receipt, Selective: g.Selective, Slot: g.Slot,
		Request: g.Request, Hold: g.Hold}
	for _, c := range g.Credits {
		h.Credits = append(h.Credits, Credit(c))
	}
	b := AppendHeader(nil, &h)
	for _, r := range g.Runs {
		at := len(b)
		b = append(b, make([]byte, RunSize)...)
		for _, f := range r.Frames {
			payload, err := hex.DecodeString(f.Hex)
			if err != nil {
				t.Fatal(err)
			}
			frame := make([]byte, Stride(len(payload), int(r.Align)))
			PutFrame(frame, f.Kind, len(payload))
			copy(frame[FrameSize:], payload)
			for i := FrameSize + len(payload); i < len(frame); i++ {
				frame[i] = 0xee // padding has no meaning
			}
			b = append(b, frame...)
		}
		PutRun(b[at:], r.Lane, uint32(len(r.Frames)), r.First, uint32(len(b)-at-RunSize), r.Align)
	}
	return Finish(b)
}

// describe is the opposite of encode.
func describe(t *testing.T, b *Batch) *goldenBatch {
	g := &goldenBatch{b.Number, b.Receipt, b.Selective, b.Slot, b.Request, b.Hold, []goldenCredit{},
		[]goldenRun{}}
	for _, c := range b.Credits {
		g.Credits = append(g.Credits, goldenCredit(c))
	}
	for _, r := range b.Runs {
		run := goldenRun{Lane: r.Lane, First: r.First, Align: r.Align, Frames: []goldenFrame{}}
		if err := r.Each(func(f Frame, _ int) error {
			run.Frames = append(run.Frames, goldenFrame{f.Kind, hex.EncodeToString(f.Payload)})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		g.Runs = append(g.Runs, run)
	}
	return g
}

func accepted() []vector {
	frames := func(f ...goldenFrame) []goldenFrame { return f }
	word := "0700000000000000"
	all := []vector{
		{Name: "empty-up", Direction: "up", Batch: &goldenBatch{
			Receipt: 41, Selective: 0b101, Slot: 3, Request: 9, Hold: 20000,
		}},
		{Name: "empty-down", Direction: "down", Batch: &goldenBatch{Number: 0, Receipt: 5}},
		{Name: "credits-up", Direction: "up", Batch: &goldenBatch{Receipt: 1, Slot: 0, Request: 1,
			Credits: []goldenCredit{{0, 64}, {3, 1<<40 + 8}}}},
		{Name: "credits-down", Direction: "down", Batch: &goldenBatch{
			Number: 7, Credits: []goldenCredit{{5, 4096}},
		}},
		{Name: "largest-numbers", Direction: "down", Batch: &goldenBatch{Number: MaxNumber - 1,
			Receipt: MaxNumber - 1, Selective: 1<<32 - 1,
			Credits: []goldenCredit{{1<<32 - 1, MaxNumber - 1}}, Runs: []goldenRun{
				{Lane: 1<<32 - 1, First: MaxNumber - 1, Align: 8,
					Frames: frames(goldenFrame{Bytes, ""})},
			}}},
		{Name: "channel-down", Direction: "down", Batch: &goldenBatch{Number: 1,
			Runs: []goldenRun{{Lane: 1, First: 0, Align: 8,
				Frames: frames(goldenFrame{Bytes, ""}, goldenFrame{Bytes, "00"}, goldenFrame{
					Bytes, "0001020304050607",
				}, goldenFrame{JSON, hex.EncodeToString([]byte(`{"ä":[1,2.5,"\u2028"]}`))},
					goldenFrame{Close, ""})}}}},
		{Name: "fragments-both-lanes", Direction: "down", Batch: &goldenBatch{Number: 2,
			Runs: []goldenRun{
				{Lane: 1, First: 10, Align: 32,
					Frames: frames(goldenFrame{Begin, "0500000000000000" + "0200000000000000" +
						"aabb"}, goldenFrame{JSON, "31"}, goldenFrame{Middle, "cc"},
						goldenFrame{End, "ddee"})},
				{Lane: 0, First: 3, Align: 8,
					Frames: frames(goldenFrame{Begin, "0900000000000000" + "0600000000000000" +
						"01"}, goldenFrame{Abort, ""})}}}},
		{Name: "control-down", Direction: "down", Batch: &goldenBatch{Number: 3, Receipt: 2,
			Runs: []goldenRun{{Lane: 0, First: 1, Align: 16, Frames: frames(
				goldenFrame{Eval, "0700000003000000" + hex.EncodeToString([]byte("1+1"))},
				goldenFrame{
					Result, word + hex.EncodeToString([]byte("null")),
				},
				goldenFrame{Result, "0700000001000000" + "ff"}, goldenFrame{
					Result, "0700000002000000" + "0200000000000000" + "0000010000000000",
				},
				goldenFrame{Error, word + hex.EncodeToString([]byte(`{"code":"x","message":"y"}`))},
				goldenFrame{Open, "0300000000000000" + "0000400000000000"})}}}},
		{Name: "events-down", Direction: "down", Batch: &goldenBatch{Number: 5,
			Runs: []goldenRun{{Lane: 0, First: 9, Align: 8, Frames: frames(
				goldenFrame{
					Event, "0100000000000000" + "01000000" + hex.EncodeToString([]byte(`{"ä":1}`)),
				}, goldenFrame{Event, "0200000001000000" + "ffffffff02000000" + "00ff"},
				goldenFrame{Begin, "0e00000000000000" + "0300000000000000" + "0100000000"},
				goldenFrame{End, "000000070000006e75"})}}}},
		{Name: "control-up", Direction: "up", Batch: &goldenBatch{Number: 4, Receipt: 3, Slot: 5,
			Request: 2, Runs: []goldenRun{{Lane: 0, First: 0, Align: 8, Frames: frames(
				goldenFrame{
					Invoke,
					"0100000020000000" +
						hex.EncodeToString([]byte(`{"cmd":"f","body":"json"}       `)) + "7b7d",
				},
				goldenFrame{Cancel, "0100000000000000"}, goldenFrame{Result, word + "31"},
				goldenFrame{Result, "0700000003000000"}, goldenFrame{
					Error,
					"0800000000000000" +
						hex.EncodeToString([]byte(`{"code":"eval","message":"z"}`)),
				})}}}},
		{Name: "two-runs-of-one-lane", Direction: "up", Batch: &goldenBatch{Number: 1, Request: 1,
			Runs: []goldenRun{
				{Lane: 3, First: 0, Align: 64, Frames: frames(goldenFrame{Bytes, "01"})},
				{Lane: 3, First: 1, Align: 8, Frames: frames(goldenFrame{Bytes, "02"},
					goldenFrame{
						Close, hex.EncodeToString([]byte(`{"code":"a","message":"b"}`)),
					})}}}},
	}
	for i := range all {
		all[i].Accept = true
		if all[i].Batch.Credits == nil {
			all[i].Batch.Credits = []goldenCredit{}
		}
		if all[i].Batch.Runs == nil {
			all[i].Batch.Runs = []goldenRun{}
		}
	}
	return all
}

// damaged are changes of one run of one frame {bytes, 3 bytes of payload} on lane 1 with
// one credit entry; offsets are those of the batch. Finish is not run again.
func damaged(t *testing.T) []vector {
	base := (&goldenBatch{Number: 9, Receipt: 8, Credits: []goldenCredit{{1, 16}},
		Runs: []goldenRun{
			{Lane: 1, First: 4, Align: 8, Frames: []goldenFrame{{Bytes, "010203"}, {JSON, "31"}}},
		}}).encode(t)
	const run, frame = HeaderSize + CreditSize, HeaderSize + CreditSize + RunSize
	closing := len(base) - ClosingSize
	set := func(name, direction string, lost bool, changes ...int) vector {
		b := append([]byte(nil), base...)
		for i := 0; i < len(changes); i += 2 {
			b[changes[i]] = byte(changes[i+1])
		}
		return vector{Name: name, Direction: direction, Hex: hex.EncodeToString(b), Lost: lost}
	}
	cut := func(name string, b []byte) vector {
		return vector{Name: name, Direction: "down", Hex: hex.EncodeToString(b), Lost: true}
	}
	return []vector{
		cut("lost-nothing", nil),
		cut("lost-seven-bytes", base[:7]),
		cut("lost-header-only", base[:HeaderSize]),
		cut("lost-closing-word", base[:closing]),
		cut("lost-one-byte", base[:len(base)-1]),
		cut("lost-middle", append(append([]byte(nil), base[:run]...), base[closing:]...)),
		cut("lost-surplus", append(append([]byte(nil), base...), make([]byte, 8)...)),
		set("lost-length", "down", true, 4, 0xff),
		set("lost-closing-differs", "down", true, closing, 1),
		set("magic", "down", false, 0, 'X'),
		set("version", "down", false, 3, '2'),
		set("number-over-2-53", "down", false, 14, 0x20, closing+6, 0x20),
		set("receipt-over-2-53", "down", false, 22, 0x20),
		set("header-reserved", "down", false, 44, 1),
		set("slot-downward", "down", false, 32, 1),
		set("hold-downward", "down", false, 40, 1),
		set("credits-past-the-end", "down", false, 28, 0xff),
		set("credits-many", "down", false, 31, 0xff),
		set("credit-reserved", "down", false, HeaderSize+4, 1),
		set("credit-over-2-53", "down", false, HeaderSize+14, 0x20),
		set("batch-0-with-runs", "up", false, 8, 0, closing, 0),
		set("run-cut", "down", false, 28, 2),
		set("run-count-zero", "down", false, run+4, 0),
		set("run-count-more", "down", false, run+4, 3),
		set("run-count-less", "down", false, run+4, 1),
		set("run-first-over-2-53", "down", false, run+14, 0x20),
		set("run-length-past-the-end", "down", false, run+16, 0x28),
		set("run-length-unaligned", "down", false, run+16, 0x1c),
		set("run-length-short", "down", false, run+16, 0x18),
		set("align-0", "down", false, run+20, 0),
		set("align-7", "down", false, run+20, 7),
		set("align-128", "down", false, run+20, 128),
		set("align-larger-than-run", "down", false, run+20, 64),
		set("frame-length-past-the-run", "down", false, frame, 0x40),
		set("frame-length-huge", "down", false, frame, 0xff, frame+1, 0xff, frame+2, 0xff, frame+3,
			0xff),
		set("frame-kind-0", "down", false, frame+4, 0),
		set("event-on-a-channel", "down", false, frame+4, 3),
		set("event-upward", "up", false, run, 0, frame+4, 3, frame+20, 6),
		set("frame-kind-15", "down", false, frame+4, 15),
		set("frame-kind-255", "down", false, frame+4, 255),
		set("frame-flags", "down", false, frame+5, 1),
		set("frame-reserved", "down", false, frame+7, 1),
		set("bytes-on-lane-0", "down", false, run, 0),
		set("eval-on-a-channel", "down", false, frame+4, 4),
		set("open-on-a-channel", "down", false, frame+4, 9),
		set("invoke-downward", "down", false, run, 0, frame+4, 5, frame+20, 6),
		set("eval-upward", "up", false, run, 0, frame+4, 4, frame+20, 6),
		set("close-on-lane-0", "up", false, run, 0, frame+4, 10, frame+20, 6),
	}
}

func TestGolden(t *testing.T) {
	if *update {
		if err := os.MkdirAll(goldenDir, 0o755); err != nil {
			t.Fatal(err)
		}
		vectors := accepted()
		for i := range vectors {
			vectors[i].Hex = hex.EncodeToString(vectors[i].Batch.encode(t))
		}
		for _, v := range append(vectors, damaged(t)...) {
			data, err := json.MarshalIndent(v, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(goldenDir, v.Name+".json")
			if err := os.WriteFile(name, append(data, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(goldenDir, "*.json"))
	if err != nil || len(files) != len(accepted())+len(damaged(t)) {
		t.Fatalf("%d golden vectors, want %d: run this test with -update (%v)", len(files),
			len(accepted())+len(damaged(t)), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var v vector
			if err := json.Unmarshal(data, &v); err != nil {
				t.Fatal(err)
			}
			raw, err := hex.DecodeString(v.Hex)
			if err != nil {
				t.Fatal(err)
			}
			b, err := Decode(raw, v.direction())
			var rule *RuleError
			switch {
			case v.Accept:
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				if got := describe(t, b); !reflect.DeepEqual(got, v.Batch) {
					t.Errorf("decoded %+v\nwant %+v", got, v.Batch)
				}
			case v.Lost:
				if !errors.Is(err, ErrLost) {
					t.Errorf("%v, want ErrLost", err)
				}
			case !errors.As(err, &rule):
				t.Errorf("%v, want a rule error", err)
			}
		})
	}
}

// TestDecodeEveryCut: no prefix of a batch, and no batch with one byte changed, makes Decode
// panic; a prefix is always lost.
func TestDecodeEveryCut(t *testing.T) {
	for _, v := range accepted() {
		b := v.Batch.encode(t)
		for n := range b {
			if _, err := Decode(b[:n], v.direction()); !errors.Is(err, ErrLost) {
				t.Fatalf("%s: the first %d bytes give %v", v.Name, n, err)
			}
			for _, x := range []byte{0, 1, 0x7f, 0x80, 0xff} {
				c := append([]byte(nil), b...)
				c[n] = x
				if d, err := Decode(c, v.direction()); err == nil {
					for i := range d.Runs {
						_ = d.Runs[i].Each(func(Frame, int) error { return nil })
					}
				}
			}
		}
	}
}

func TestAssemblyRules(t *testing.T) {
	begin := func(total int, k Kind, data string) Frame {
		p := make([]byte, BeginSize, BeginSize+len(data))
		PutBegin(p, total, k)
		return Frame{Begin, append(p, data...)}
	}
	for name, frames := range map[string][]Frame{
		"middle without begin": {{Middle, []byte("x")}},
		"end without begin":    {{End, []byte("x")}},
		"abort without begin":  {{Abort, nil}},
		"two begins":           {begin(9, Bytes, "x"), begin(9, Bytes, "x")},
		"short begin":          {{Begin, make([]byte, 15)}},
		"begin of a close":     {begin(9, Close, "x")},
		"begin of a begin":     {begin(9, Begin, "x")},
		"begin of an invoke":   {begin(9, Invoke, "x")},
		"over the limit":       {begin(101, Bytes, "x")},
		"too much":             {begin(3, Bytes, "xx"), {Middle, []byte("yy")}},
		"too little":           {begin(3, Bytes, "x"), {End, []byte("y")}},
		"abort with payload":   {begin(3, Bytes, "x"), {Abort, []byte("y")}},
	} {
		var a Assembly
		var err error
		for _, f := range frames {
			if err != nil {
				t.Errorf("%s: refused too early: %v", name, err)
			}
			_, err = a.Add(f, Up, 1, 100)
		}
		var rule *RuleError
		if !errors.As(err, &rule) {
			t.Errorf("%s: %v, want a rule error", name, err)
		}
	}
	var a Assembly
	for _, f := range []Frame{begin(5, JSON, "ab"), {Abort, nil}, begin(5, JSON, "ab"),
		{Middle, []byte("cd")}} {
		if done, err := a.Add(f, Up, 1, 100); done || err != nil {
			t.Fatal(done, err)
		}
	}
	done, err := a.Add(Frame{End, []byte("e")}, Up, 1, 100)
	if kind, data := a.Take(); !done || err != nil || kind != JSON || string(data) != "abcde" {
		t.Errorf("%v %q, %v, %v", kind, data, done, err)
	}
}
