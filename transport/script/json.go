package script

import (
	"encoding/json"
	"fmt"
	"regexp"
	"unicode/utf8"
)

// protoKey finds JSON in which a key may be __proto__, be it spelt with escapes. In a literal that
// key would set the prototype.
var protoKey = regexp.MustCompile(`__proto__|\\u00[567]`)

// json writes what a json.Marshaler says, checked, compacted and escaped by encoding/json.
func (e *encoder) json(m json.Marshaler) error {
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("script: %w", err)
	}
	if !utf8.Valid(text) {
		text = []byte(string([]rune(string(text)))) // which encoding/json leaves as it is
	}
	from := len(e.buf)
	e.buf = append(e.buf, text...)
	if e.depth+nesting(text) > maxDepth {
		return ErrDepth
	}
	if text[0] != '{' && text[0] != '[' {
		return nil
	}
	if len(text) >= parseBytes || protoKey.Match(text) {
		e.parse = append(e.parse, span{from, len(e.buf)})
	}
	return nil
}

// nesting gives the depth of compact JSON.
func nesting(text []byte) (most int) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
			most = max(most, depth)
		case c == ']' || c == '}':
			depth--
		}
	}
	return most
}
