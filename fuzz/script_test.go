package fuzz

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"math/big"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tailrace-go/tailrace/transport/script"
)

// engine is a JavaScript engine: Node as a child process, one line a question.
type engine struct {
	mu      sync.Mutex
	in      io.WriteCloser
	out     *bufio.Reader
	process *exec.Cmd
}

func startEngine(t testing.TB) *engine {
	t.Helper()
	c := exec.Command("node", "testdata/engine.js")
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatalf("Node is needed: %v", err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := c.Wait(); err != nil {
			t.Errorf("Node ended with %v", err)
		}
	})
	return &engine{in: in, out: bufio.NewReader(out), process: c}
}

// ask sends a question and gives the description of the value.
func (e *engine) ask(t *testing.T, question map[string]string) any {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	line, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	reply, err := e.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("Node ended: %v", err)
	}
	var answer struct {
		Value any
		Error string
	}
	if err := json.Unmarshal(reply, &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Error != "" {
		t.Fatalf("%s\nof %.2000q", answer.Error, question)
	}
	return answer.Value
}

// check evaluates v's source, alone and twice in a format, and compares what came out.
func (e *engine) check(t *testing.T, v, want any) {
	t.Helper()
	source, err := script.Value(v)
	if err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	if !utf8.ValidString(source) || strings.ContainsAny(source, "<>&\n\r\u2028\u2029") {
		t.Fatalf("not inert in HTML: %.2000q", source)
	}
	if got := e.ask(t, map[string]string{"source": source}); !reflect.DeepEqual(got, want) {
		t.Fatalf("%T as\n%.2000s\ngave\n%.2000s\nwant\n%.2000s", v, source, text(got), text(want))
	}
	source, err = script.Format("[(x => x)(%s), %s, 7 %% 4]", v, v)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.ask(t, map[string]string{"source": source}); !reflect.DeepEqual(got,
		[]any{want, want, number("3")}) {
		t.Fatalf("%.2000s\ngave\n%.2000s", source, text(got))
	}
}

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func number(text string) any { return map[string]any{"number": text} }

func bigInt(text string) any { return map[string]any{"big": text} }

// object describes an object of these names and values, in this order.
func object(pairs ...any) any {
	all := []any{}
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, []any{pairs[i], pairs[i+1]})
	}
	return map[string]any{"object": all}
}

// TestScriptTable: what JSON has no word for, and what attacks.
func TestScriptTable(t *testing.T) {
	e := startEngine(t)
	type levels struct {
		Kids []levels
		F    float64
	}
	deep, deepest := levels{F: math.NaN()}, object("Kids", nil, "F", number("NaN"))
	for range 330 {
		deep, deepest = levels{Kids: []levels{deep}}, object("Kids", []any{deepest}, "F",
			number("0"))
	}
	megabyte := strings.Repeat(`</script><!--'"\`+"\u2028\u2029\x00`${1}é😀", 50_000)
	for _, c := range []struct{ v, want any }{
		{math.NaN(), number("NaN")},
		{math.Inf(1), number("Infinity")},
		{math.Inf(-1), number("-Infinity")},
		{math.Copysign(0, -1), number("-0")},
		{[]float64{math.Copysign(0, -1), math.NaN(), 1e300, 5e-324}, []any{
			number("-0"), number("NaN"), number("1e+300"), number("5e-324"),
		}},
		{int64(1<<53 - 1), number("9007199254740991")},
		{int64(1 << 53), bigInt("9007199254740992")},
		{int64(math.MinInt64), bigInt("-9223372036854775808")},
		{uint64(math.MaxUint64), bigInt("18446744073709551615")},
		{new(big.Int).Lsh(big.NewInt(-1), 200),
			bigInt("-1606938044258990275541962092341162602522202993782792835301376")},
		{big.NewInt(0), bigInt("0")},
		{time.Date(2024, 1, 2, 3, 4, 5, 6e6, time.UTC), "2024-01-02T03:04:05.006Z"},
		{[]byte{255, 0, 62}, "/wA+"},
		{map[string]any{"__proto__": map[string]any{"polluted": true}, "constructor": 1},
			object("__proto__", object("polluted", true), "constructor", number("1"))},
		{json.RawMessage(`{"\u005f_proto__":{"polluted":true},"__proto__":[]}`),
			object("__proto__", []any{})},
		{[]any{json.RawMessage(`{"__proto__":null}`), math.NaN()}, []any{
			object("__proto__", nil), number("NaN"),
		}},
		{"__proto__", "__proto__"},
		{megabyte, megabyte},
		{[]any{megabyte, math.NaN(), []string{megabyte, "'"}}, []any{
			megabyte, number("NaN"), []any{megabyte, "'"},
		}},
		{map[string]string{megabyte: megabyte}, object(megabyte, megabyte)},
		{"');alert(1);('", "');alert(1);('"},
		{[]string{strings.Repeat("');alert(1);('\\", 1000)}, []any{
			strings.Repeat("');alert(1);('\\", 1000),
		}},
		{"\xff\xed\xa0\x80", "\ufffd\ufffd\ufffd\ufffd"},
		{json.RawMessage(`12345678901234567890`), number("12345678901234567000")},
		{deep, deepest},
	} {
		e.check(t, c.v, c.want)
	}
}

// FuzzScriptValue: the value that the engine gets is the Go value, by a model of its own.
func FuzzScriptValue(f *testing.F) {
	e := startEngine(f)
	for kind := range byte(kinds) {
		f.Add([]byte{kind, 5, 3, '_', kind + 1, 250, 1, 2, 3, 9, 'a', '<', 3, 128, 64, 7, kind + 5,
			6, 7, 8})
	}
	f.Add([]byte("\x0b\x04\x0a\x11__proto__\x07\x01\x02\x03\x04\x05\x06\x07\xf0\x7f"))
	f.Add([]byte("\x09\x20\x08\x40</script><!--\u2028\u2029'\\\"`${x}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		g := generator{raw: raw}
		v, want := g.value(0)
		e.check(t, v, want)
	})
}

// FuzzScriptJSON: JSON text that the program passes on is what JSON.parse makes of it, or an error.
func FuzzScriptJSON(f *testing.F) {
	e := startEngine(f)
	for _, s := range []string{
		`null`, `{"a":[1,-0,1e999,"\ud800",12345678901234567890]}`,
		`{"__proto__":{"a":1},"__proto__":2}`, `{"\u005F_pr\u006fto__":{"a":"'"}}`,
		`["</script><!--"," ","\u2028"]`, ` [ { } ] `, `{"a":1,}`, `1;alert(1)`,
		`"` + "\xff" +
			`"`, `{"b":1,"a":2,"1":3,"b":4}`,
		`["` + strings.Repeat(`'\\\"`, 400) + `"]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v := json.RawMessage(raw)
		compact, err := json.Marshal(v)
		if err != nil || nestedDeeply(raw) {
			if source, err := script.Value(v); err == nil {
				t.Fatalf("%q gave %q", raw, source)
			}
			return
		}
		want := e.ask(t, map[string]string{"json": string(compact)})
		e.check(t, v, want)
		e.check(t, []any{v, math.NaN()}, []any{want, number("NaN")})
	})
}

// nestedDeeply tells JSON that could be over the limit of nesting; at least it is far over what
// fuzzing finds.
func nestedDeeply(raw []byte) bool {
	return strings.Count(string(raw), "[")+strings.Count(string(raw), "{") > 990
}
