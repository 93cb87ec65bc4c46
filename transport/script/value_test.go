package script

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

type shape struct {
	Plain   int
	Renamed string `json:"other name"`
	Skipped int    `json:"-"`
	//lint:ignore SA5008 such tags have their rules, too
	Dash    int `json:"-,"`
	hidden  int
	Empty   []int     `json:",omitempty"`
	Zero    time.Time `json:",omitzero"`
	Text    int       `json:",string"`
	TextPtr *float64  `json:"t2,string"`
	Quoted  string    `json:",string"`
	Flag    bool      `json:"flag,string"`
	//lint:ignore SA5008 such tags have their rules, too
	Invalid   int             `json:"a\"b"`
	Number    json.Number     `json:",string"`
	Raw       json.RawMessage `json:"raw"`
	Interface any
	Array     [3]byte
	Bytes     []byte
	Map       map[int8]float32
	Ptr       *shape `json:"ptr,omitempty"`
	Duration  time.Duration
}

type (
	Inner struct {
		A, B  int
		Depth string
	}
	inner2 struct {
		B int // hidden, since Inner has one as deep
		C int `json:"c"`
	}
	Deep  struct{ Depth, Under int }
	Outer struct {
		Inner
		*inner2
		D Deep
		Mid
		A string // hides Inner's
	}
	Mid    struct{ *Deep }
	Tagged struct {
		Inner `json:"inner"`
		inner2
		C int
	}
	unexported struct{ X int }
	TagHidden  struct {
		unexported `json:"u"`
		Y          int
	}
	Twice struct {
		One
		Two
	}
	One struct{ unexported }
	Two struct{ unexported }
)

type upper string

func (u upper) MarshalText() ([]byte, error) { return []byte(strings.ToUpper(string(u))), nil }

type pointed int

func (p *pointed) MarshalJSON() ([]byte, error) {
	return []byte(` { "pointed" : [ 1 , "</a>" ] } `), nil
}
func (p *pointed) IsZero() bool { return *p == 7 }

type pointedBox struct {
	P pointed
	Z pointed `json:",omitzero"`
	Q *pointed
	S pointed `json:",string"`
}

type number int

func (n number) MarshalJSON() ([]byte, error) { return []byte(`"n"`), nil }

func ptr[T any](v T) *T { return &v }

// likeJSON are values for which JSON has words: the text is encoding/json's own.
var likeJSON = []any{
	nil, true, false, "", "plain",
	"quotes \" ' ` \\ </script> <!-- & \x00\t\n\x7f \u2028\u2029 " +
		"é 😀 \xff\xed\xa0\x80",
	0, -1, int8(-128), uint8(255), int64(1<<53 - 1), int64(-(1<<53 - 1)), uint64(1<<53 - 1),
	uintptr(7),
	0.0, math.Copysign(0, -1), 1.5, -2.25e-7, 1e20, 1e21, 123456789.125, 1e-6, math.MaxFloat64,
	math.SmallestNonzeroFloat64,
	float32(0.1), float32(1e-7), float32(1e-6), float32(3e38), float32(16777216),
	[]int(nil), []int{}, []any{1, "a", nil, []any{}}, [2]bool{true, false}, []byte("bytes?>"),
	[]byte(nil), []byte{}, [2]byte{1, 2}, []upper{"x"},
	map[string]int(nil), map[string]any{"b": 1, "a": nil, "<": "x", "": 2},
	map[int]string{
		10: "a", 9: "b", -1: "c",
	}, map[uint8]int{3: 1},
	map[upper]int{"key": 1}, map[time.Time]int{time.Unix(0, 0).UTC(): 3},
	map[*time.Time]int{
		nil: 1,
	},
	time.Date(2024, 2, 29, 12, 0, 0, 5, time.UTC), time.Hour, json.Number("12.50"), json.Number(""),
	json.Number("-1e400"),
	json.RawMessage(`{"a" : [1, 2 , "<\u2028"]}`), json.RawMessage("12345678901234567890"),
	(*int)(nil), ptr(ptr(3)), upper("text"),
	number(3), struct{ N number }{3},
	struct {
		N number `json:",string"`
	}{3},
	shape{},
	&shape{Plain: 1, hidden: 2, Empty: []int{1}, Zero: time.Unix(1, 0).UTC(), Text: -3,
		TextPtr: ptr(0.5), Quoted: "a\"<b", Flag: true, Number: "7",
		Raw: json.RawMessage(` [ ] `), Interface: shape{Interface: "x"}, Bytes: []byte{0, 255},
		Map: map[int8]float32{-1: 0.1}, Ptr: &shape{}, Duration: 1},
	Outer{}, Outer{inner2: &inner2{1, 2}, Mid: Mid{&Deep{3, 4}}, A: "a"}, Tagged{}, TagHidden{},
	Twice{}, One{},
	pointedBox{}, &pointedBox{Z: 7, Q: ptr(pointed(1))}, []pointed{1}, [1]pointed{},
	map[string]pointed{"a": 1}, ptr(pointed(7)),
	big.NewFloat(1.5), big.NewRat(1, 3),
}

func TestLikeJSON(t *testing.T) {
	for i, v := range likeJSON {
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(i, err)
		}
		got, err := Value(v)
		if err != nil {
			t.Errorf("%d %T: %v", i, v, err)
			continue
		}
		inert(t, got)
		if strings.ContainsRune("{-0123456789", rune(want[0])) {
			want = []byte("(" + string(want) + ")")
		}
		if got != string(want) {
			t.Errorf("%d %T:\n%s\nencoding/json:\n%s", i, v, got, want)
		}
	}
}

// inert fails if text could end a script element, or be more than one line.
func inert(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) || strings.ContainsAny(text, "<>&\n\r\u2028\u2029\x00") {
		t.Errorf("not inert: %.200q", text)
	}
}

// Beyond JSON, and what stands around a value so that it is an operand.
func TestLiterals(t *testing.T) {
	huge, _ := new(big.Int).SetString("-123456789012345678901234567890", 10)
	long := strings.Repeat("x", parseBytes)
	for _, c := range []struct {
		v    any
		want string
	}{
		{math.NaN(), "(NaN)"},
		{float32(math.Inf(1)), "(Infinity)"},
		{math.Inf(-1), "(-Infinity)"},
		{int64(1 << 53), "(9007199254740992n)"},
		{int64(math.MinInt64), "(-9223372036854775808n)"},
		{uint64(math.MaxUint64), "(18446744073709551615n)"},
		{huge, "(-123456789012345678901234567890n)"},
		{*big.NewInt(3), "(3n)"},
		{(*big.Int)(nil), "null"},
		{[]any{math.NaN(), big.NewInt(1), int64(1 << 60)}, "[NaN,1n,1152921504606846976n]"},
		{struct {
			N uint64  `json:",string"`
			F float64 `json:",string"`
		}{math.MaxUint64, math.NaN()}, `({"N":"18446744073709551615","F":"NaN"})`},
		{map[string]any{"__proto__": map[string]int{"a": 1}}, `({["__proto__"]:{"a":1}})`},
		{struct {
			P int `json:"__proto__"`
		}{1}, `({["__proto__"]:1})`},
		{json.RawMessage(`{"__proto__":1}`), `JSON.parse('{"__proto__":1}')`},
		{json.RawMessage(`[{"_\u005fproto__":"it's"}]`),
			`JSON.parse('[{"_\\u005fproto__":"it\'s"}]')`},
		{[]any{json.RawMessage(`{"__proto__":1}`), 1}, `[JSON.parse('{"__proto__":1}'),1]`},
		{json.RawMessage(`"__proto__"`), `"__proto__"`},
		{long, `"` + long + `"`},
		{[]string{long}, `JSON.parse('["` + long + `"]')`},
		{[]any{[]string{long}, math.NaN(), map[string]string{"a": long + `'\`}}, `[JSON.parse('["` +
			long + `"]'),NaN,JSON.parse('{"a":"` + long + `\'\\\\"}')]`},
		{map[string][]any{"a": {json.RawMessage(`{"__proto__":1}`), long}},
			`JSON.parse('{"a":[{"__proto__":1},"` + long + `"]}')`},
	} {
		got, err := Value(c.v)
		if err != nil || got != c.want {
			t.Errorf("%v:\n%.300s, %v\nwant\n%.300s", c.v, got, err, c.want)
		}
		inert(t, got)
	}
}

type failing struct{}

func (failing) MarshalText() ([]byte, error) { return nil, errFailing }

var errFailing = errors.New("failing")

type pointerLoop *pointerLoop

type linked struct {
	Next *linked
	Kids []linked
	F    float64
}

func TestErrors(t *testing.T) {
	loop := map[string]any{}
	loop["loop"] = []any{loop}
	var pointers pointerLoop
	pointers = &pointers
	list := &linked{}
	list.Next = list
	deep := strings.Repeat("[", 1001) + strings.Repeat("]", 1001)
	for i, c := range []struct {
		v    any
		want error
	}{
		{func() {}, ErrType},
		{[]any{make(chan int)}, ErrType},
		{map[string]any{"a": 1i}, ErrType},
		{map[float64]int{1: 1}, ErrType},
		{struct {
			F func() `json:",omitempty"`
		}{}, ErrType},
		{loop, ErrDepth},
		{pointers, ErrDepth},
		{list, ErrDepth},
		{json.RawMessage(deep), ErrDepth},
		{failing{}, errFailing},
		{map[failing]int{{}: 1}, errFailing},
		{[]any{json.RawMessage(`{"a":}`)}, nil},
		{json.RawMessage(`1;alert(1)`), nil},
		{json.Number("1;alert(1)"), nil},
		{json.Number("1\n"), nil},
		{json.Number("NaN"), nil},
		{struct {
			N json.Number `json:",string"`
		}{"x"}, nil},
	} {
		got, err := Value(c.v)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || got != "" {
			t.Errorf("%d: %.100q, error %v; want %v", i, got, err, c.want)
		}
	}
	for _, v := range []any{
		json.RawMessage(deep[2 : len(deep)-2]), json.RawMessage(`"` + deep + `\"["`),
	} {
		if _, err := Value(v); err != nil {
			t.Error(err)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		format string
		args   []any
		want   string
	}{
		{"", nil, ""},
		{"x-%s%%%s", []any{-1, "</b>"}, `x-(-1)%"\u003c/b\u003e"`},
		{"%%s", nil, "%s"},
		{"f(%s, %s)", []any{"%s", map[string]int{"a": 1}}, `f("%s", ({"a":1}))`},
		{"a < b", nil, "a < b"},
	} {
		if got, err := Format(c.format, c.args...); err != nil || got != c.want {
			t.Errorf("%q: %q, %v, want %q", c.format, got, err, c.want)
		}
	}
	for _, c := range []struct {
		format string
		args   []any
		want   error
	}{
		{"%s", nil, ErrFormat},
		{"", []any{1}, ErrFormat},
		{"%s %s", []any{1}, ErrFormat},
		{"%s", []any{1, 2}, ErrFormat},
		{"%d", []any{1}, ErrFormat},
		{"%é", []any{1}, ErrFormat},
		{"7 % 2", nil, ErrFormat},
		{"%s%", []any{1}, ErrFormat},
		{"%s%s", []any{1, func() {}}, ErrType},
	} {
		if got, err := Format(c.format, c.args...); !errors.Is(err, c.want) || got != "" {
			t.Errorf("%q: %q, error %v", c.format, got, err)
		}
	}
}

// marshaler has a MarshalJSON that panics.
type marshaler struct{}

func (marshaler) MarshalJSON() ([]byte, error) { panic(marshaler{}) }

// TestValuesThatPanic: a value whose method panics is an error.
func TestValuesThatPanic(t *testing.T) {
	for _, v := range []any{marshaler{}, []any{1, marshaler{}}, map[string]any{"a": &marshaler{}}} {
		if source, err := Value(v); err == nil || source != "" {
			t.Errorf("%T gave %q, %v", v, source, err)
		}
		if source, err := Format("f(%s)", v); err == nil || source != "" {
			t.Errorf("%T gave %q, %v", v, source, err)
		}
	}
}
