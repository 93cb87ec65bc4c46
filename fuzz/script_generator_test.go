package fuzz

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"
)

// kinds is how many kinds of values a generator makes.
const kinds = 20

// generator makes a value from the fuzzer's bytes, and what an engine should say of it.
type generator struct{ raw []byte }

func (g *generator) byte() byte {
	if len(g.raw) == 0 {
		return 0
	}
	b := g.raw[0]
	g.raw = g.raw[1:]
	return b
}

func (g *generator) bits() uint64 {
	var b [8]byte
	n := copy(b[:], g.raw)
	g.raw = g.raw[n:]
	return binary.LittleEndian.Uint64(b[:])
}

// text gives a string, sometimes a long one.
func (g *generator) text() string {
	n := int(g.byte())
	b := g.raw[:min(n%24, len(g.raw))]
	g.raw = g.raw[len(b):]
	if n > 240 {
		return strings.Repeat(string(b), 100)
	}
	return string(b)
}

// valid is what a string becomes: UTF-8 with U+FFFD for each wrong byte.
func valid(s string) string { return string([]rune(s)) }

func integer(n *big.Int) any {
	if n.CmpAbs(big.NewInt(1<<53-1)) > 0 {
		return bigInt(n.String())
	}
	return number(n.String())
}

// record has what tags can say.
type record struct {
	A string  `json:"a"`
	N int64   `json:",string"`
	F float64 `json:"__proto__"`
	*embedded
	Skip string `json:"-"`
	Omit []any  `json:"omit,omitempty"`
}

type embedded struct{ Any any }

func (g *generator) value(depth int) (v, want any) {
	kind := g.byte() % kinds
	if depth >= 7 && kind >= 11 {
		kind %= 11
	}
	switch kind {
	case 0:
		return nil, nil
	case 1:
		b := g.byte()&1 == 1
		return b, b
	case 2:
		n := int64(g.bits())
		return n, integer(big.NewInt(n))
	case 3:
		n := g.bits()
		return n, integer(new(big.Int).SetUint64(n))
	case 4:
		n := int32(g.bits())
		return n, number(fmt.Sprint(n))
	case 5:
		n := new(big.Int).SetBytes([]byte(g.text()))
		if g.byte()&1 == 1 {
			n.Neg(n)
		}
		return n, bigInt(n.String())
	case 6:
		f := math.Float64frombits(g.bits())
		return f, float(f)
	case 7:
		f := math.Float32frombits(uint32(g.bits()))
		if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
			return f, float(float64(f))
		}
		var shortest float64 // a float32 is written with its own few digits
		fmt.Sscan(fmt.Sprint(f), &shortest)
		return f, float(shortest)
	case 8:
		s := g.text()
		return s, valid(s)
	case 9:
		b := []byte(g.text())
		return b, base64.StdEncoding.EncodeToString(b)
	case 10:
		n := time.Unix(int64(g.bits()%1e11), 0).UTC()
		return n, n.Format(time.RFC3339)
	case 11, 12:
		v, want := []any{}, []any{}
		for range g.byte() % 9 {
			item, w := g.value(depth + 1)
			v, want = append(v, item), append(want, w)
		}
		return v, want
	case 13, 14:
		return g.mapping(depth)
	case 15:
		item, w := g.value(depth + 1)
		return &item, w
	case 16:
		r := record{A: g.text(), N: int64(g.bits()), F: math.Float64frombits(g.bits()),
			Skip: g.text()}
		pairs := []any{"a", valid(r.A), "N", fmt.Sprint(r.N), "__proto__", float(r.F)}
		if g.byte()&1 == 1 {
			item, w := g.value(depth + 1)
			r.embedded = &embedded{item}
			pairs = append(pairs, "Any", w)
		}
		for range g.byte() % 3 {
			r.Omit = append(r.Omit, "x")
		}
		if len(r.Omit) > 0 {
			pairs = append(pairs, "omit", slices.Repeat([]any{"x"}, len(r.Omit)))
		}
		return r, object(pairs...)
	case 17: // long, so that JSON.parse reads it
		item, w := g.value(7) // a scalar
		n := int(g.byte())
		return slices.Repeat([]any{item}, n), slices.Repeat([]any{w}, n)
	case 18:
		s := g.text()
		raw, _ := json.Marshal(map[string]any{"__proto__": s})
		return json.RawMessage(raw), object("__proto__", valid(s))
	default:
		m := map[int8]string{}
		var pairs []any
		for range g.byte() % 5 {
			m[int8(g.byte()|128)] = g.text() // negative: not an index, so that the order stays
		}
		var keys []string
		for k := range m {
			keys = append(keys, fmt.Sprint(k))
		}
		slices.Sort(keys)
		for _, k := range keys {
			var n int8
			fmt.Sscan(k, &n)
			pairs = append(pairs, k, valid(m[n]))
		}
		return m, object(pairs...)
	}
}

// mapping gives an object whose names are no array indices and differ in valid UTF-8, so that
// their order is that of Go.
func (g *generator) mapping(depth int) (v, want any) {
	m, wants := map[string]any{}, map[string]any{}
	for range g.byte() % 9 {
		name := "_" + valid(g.text())
		if g.byte() > 250 {
			name = "__proto__"
		}
		m[name], wants[name] = g.value(depth + 1)
	}
	var pairs []any
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		pairs = append(pairs, name, wants[name])
	}
	return m, object(pairs...)
}

// float describes a number as JavaScript's String does.
func float(f float64) any {
	switch {
	case math.IsNaN(f):
		return number("NaN")
	case math.IsInf(f, 1):
		return number("Infinity")
	case math.IsInf(f, -1):
		return number("-Infinity")
	case f == 0 && math.Signbit(f):
		return number("-0")
	}
	return number(text(f)) // for finite numbers encoding/json follows JavaScript
}
