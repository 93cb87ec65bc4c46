package bus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"unicode/utf8"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/valyala/fastjson"
)

// parsers are fastjson's; a parser's values are read before it goes back.
var parsers fastjson.ParserPool

// args are the arguments of a page's call, as they stand in its JSON: nothing is copied.
type args struct {
	event, target, sub, payload json.RawMessage // nil: missing
}

// parseArgs takes the members out of a call's arguments.
//
// A payload may be large, and goes on as it came. So it is not parsed: fastjson's tree takes tens
// of bytes for every byte of "[0,0,…", and what it prints again is not always JSON. The whole is
// validated (json.Valid bounds the depth, too), the payload is cut out, and fastjson gets the small
// members.
func parseArgs(data []byte) (args, error) {
	var a args
	if !utf8.Valid(data) || !json.Valid(data) {
		return a, refusal(transport.CodeBadArguments, "the arguments are no JSON in UTF-8, or "+
			"nested too deep")
	}
	problem := eachMember(data, func(key, value []byte) error {
		var field *json.RawMessage
		switch string(key) {
		case "event":
			field = &a.event
		case "target":
			field = &a.target
		case "sub":
			field = &a.sub
		case "payload":
			field = &a.payload
		default:
			return nil
		}
		if *field != nil {
			return fmt.Errorf("%s stands twice", key)
		}
		*field = value
		return nil
	})
	if problem != nil {
		return a, refusal(transport.CodeBadArguments, "the arguments are wrong: %v", problem)
	}
	return a, nil
}

// leading is how far arguments are read to find their event before all of them are checked.
const leading = 16 << 10

// leadingEvent gives the event's name if it stands in the first bytes of arguments, which may be no
// JSON further on.
func leadingEvent(data []byte) (name string, err error) {
	d := json.NewDecoder(bytes.NewReader(data[:min(len(data), leading)]))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return "", errNoEvent
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return "", errNoEvent
		}
		if key == "event" {
			switch err := d.Decode(&name); {
			case errors.Is(err, io.ErrUnexpectedEOF): // it goes on
				return "", refusal(CodeName, "the event's name is longer than %d bytes", maxName)
			case err != nil:
				return "", refusal(CodeName, "the event's name is no string")
			case len(name) > maxName:
				return "", refusal(CodeName, "the event's name has %d bytes, %d are the limit",
					len(name),
					maxName)
			}
			return name, nil
		}
		var other json.RawMessage
		if d.Decode(&other) != nil {
			return "", errNoEvent
		}
	}
	return "", errNoEvent
}

var errNoEvent = refusal(transport.CodeBadArguments,
	"the event must stand before the payload, in the first %d bytes", leading)

// eachMember calls f with each member of a JSON object, which is valid: its key between the quotes,
// and its value. Keys with escapes are refused: no client of ours writes them, and they could hide
// a name.
func eachMember(data []byte, f func(key, value []byte) error) error {
	rest := bytes.TrimLeft(data, space)
	if rest[0] != '{' {
		return fmt.Errorf("they are no object")
	}
	for {
		rest = bytes.TrimLeft(rest[1:], space) // behind { or ,
		if rest[0] == '}' {
			return nil
		}
		n := valueLen(rest)
		key := rest[1 : n-1]
		if bytes.IndexByte(key, '\\') >= 0 {
			return fmt.Errorf("a key has an escape")
		}
		rest = bytes.TrimLeft(rest[n:], space)
		rest = bytes.TrimLeft(rest[1:], space) // behind :
		n = valueLen(rest)
		if err := f(key, rest[:n]); err != nil {
			return err
		}
		rest = bytes.TrimLeft(rest[n:], space)
		if rest[0] == '}' {
			return nil
		}
	}
}

const space = " \t\r\n"

// valueLen is the length of the JSON value that valid JSON begins with.
func valueLen(data []byte) int {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // behind a number or a word
			}
			depth--
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return len(data)
}

// name reads the event's name.
func (a *args) name() (string, error) {
	if a.event == nil {
		return "", refusal(transport.CodeBadArguments, "the event is missing")
	}
	if len(a.event) > 6*maxName+2 { // every byte as an escape
		return "", refusal(CodeName, "the event's name has %d bytes, %d are the limit",
			len(a.event), maxName)
	}
	p := parsers.Get()
	defer parsers.Put(p)
	v, err := p.ParseBytes(a.event)
	if err != nil || v.Type() != fastjson.TypeString {
		return "", refusal(CodeName, "the event's name is no string")
	}
	return pageName(string(v.GetStringBytes()))
}

func pageName(name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", refusal(CodeName, "%v", err)
	}
	return name, nil
}

// to reads the target.
func (a *args) to() (Target, error) { return pageTarget(a.target) }

func pageTarget(data []byte) (Target, error) {
	t, err := parseTarget(data)
	if err != nil {
		return t, refusal(CodeTarget, "%v", err)
	}
	return t, nil
}

// number reads the subscription.
func (a *args) number() (uint32, error) {
	p := parsers.Get()
	defer parsers.Put(p)
	if 0 < len(a.sub) && len(a.sub) <= 10 {
		if v, err := p.ParseBytes(a.sub); err == nil {
			if n, err := v.Uint64(); err == nil && 0 < n && n < 1<<32 {
				return uint32(n), nil
			}
		}
	}
	return 0, refusal(transport.CodeBadArguments, "sub must be a number from 1 to 2^32-1")
}

// header undoes the percent-encoding of a header's value. Neither names nor labels have a percent
// sign, so that a value without encoding is what it says.
func header(value string) (string, error) {
	s, err := url.PathUnescape(value)
	if err != nil {
		return "", refusal(transport.CodeBadArguments, "a header's percent-encoding is wrong")
	}
	return s, nil
}
