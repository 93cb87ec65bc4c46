// Package envelope reads what a page says of a call beside its arguments: the command's name,
// headers, which channels the arguments name, and how the body comes. WIRE.md has the fields.
//
// All errors are broken rules of the wire.
package envelope

import (
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/valyala/fastjson"
)

// Max is the longest envelope in bytes, WIRE.md. Taking one apart costs up to 100 times its length
// for a moment.
const Max = 256 << 10

// headerCost is memory that stays for a header beside its text, in bytes.
const headerCost = 96

// parsers are fastjson's; a parser's values are read before it goes back.
var parsers fastjson.ParserPool

// long is the length from which on a parser does not go back: it has become too large to keep.
const long = 16 << 10

// Envelope is one call's. It is valid until Close.
type Envelope struct {
	call   uint32
	parser *fastjson.Parser // nil: it does not go back
	v      *fastjson.Value
	name   []byte
}

// Parse reads the envelope of the call with that number.
func Parse(call uint32, text []byte) (Envelope, error) {
	if len(text) > Max {
		return Envelope{}, wire.Broken("invoke %d: envelope of %d bytes, the limit is %d", call,
			len(text), Max)
	}
	e := Envelope{call: call, parser: parsers.Get()}
	parser := e.parser
	if len(text) >= long {
		e.parser = nil
	}
	v, err := parser.ParseBytes(text)
	if err != nil {
		e.Close()
		return Envelope{}, wire.Broken("invoke %d: envelope: %v", call, err)
	}
	name := v.Get("cmd")
	if name == nil || name.Type() != fastjson.TypeString {
		e.Close()
		return Envelope{}, wire.Broken("invoke %d: envelope has no command", call)
	}
	e.v, e.name = v, name.GetStringBytes()
	return e, nil
}

// Close gives back what the envelope was read with.
func (e *Envelope) Close() {
	if e.parser != nil {
		parsers.Put(e.parser)
	}
}

// Command is the name that the page calls. The bytes are the envelope's.
func (e *Envelope) Command() []byte { return e.name }

// Headers are the call's, nil when it has none, and what they take in bytes.
func (e *Envelope) Headers() (headers map[string]string, cost int64) {
	all := e.v.GetObject("headers")
	if all == nil {
		return nil, 0
	}
	headers = make(map[string]string, all.Len())
	all.Visit(func(key []byte, v *fastjson.Value) {
		value := v.GetStringBytes()
		headers[string(key)] = string(value)
		cost += int64(len(key) + len(value) + headerCost)
	})
	return headers, cost
}

// Channels calls each with the numbers of the lanes that the arguments name, in the page's order,
// and whether the page only borrows what comes on it. It ends with the first error of each.
func (e *Envelope) Channels(each func(lane uint32, borrow bool) error) error {
	var borrowed map[uint32]bool // true: it stands in names
	if borrow := e.v.GetArray("borrow"); len(borrow) > 0 {
		borrowed = make(map[uint32]bool, len(borrow))
		for _, c := range borrow {
			id, err := e.lane(c)
			if err != nil {
				return err
			}
			borrowed[id] = false
		}
	}
	for _, c := range e.v.GetArray("channels") {
		id, err := e.lane(c)
		if err != nil {
			return err
		}
		_, borrow := borrowed[id]
		if err := each(id, borrow); err != nil {
			return err
		}
		if borrow {
			borrowed[id] = true
		}
	}
	for id, named := range borrowed {
		if !named {
			return wire.Broken("invoke %d: lane %d is to be borrowed and is none of its channels",
				e.call, id)
		}
	}
	return nil
}

func (e *Envelope) lane(v *fastjson.Value) (uint32, error) {
	id, err := v.Uint()
	if err != nil || id%2 == 0 || uint64(id) > 1<<32-1 {
		return 0, wire.Broken("invoke %d: %v is no channel", e.call, v)
	}
	return uint32(id), nil
}

// Body says how the arguments come.
type Body struct {
	Raw    bool   // as raw bytes, not JSON
	Lane   uint   // on a lane of their own; 0: behind the envelope
	Length uint64 // so many, if they have a lane
	Apart  bool   // they have a lane
}

// Body is the call's.
func (e *Envelope) Body() (Body, error) {
	switch body := string(e.v.GetStringBytes("body")); body {
	case "json":
		return Body{}, nil
	case "bytes":
		return Body{Raw: true}, nil
	case "lane":
		lane, length := e.v.GetUint("lane"), e.v.GetUint64("length")
		return Body{Raw: true, Apart: true, Lane: lane, Length: length}, nil
	default:
		return Body{}, wire.Broken("invoke %d: body %q", e.call, body)
	}
}
