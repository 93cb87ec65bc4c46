package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"github.com/tailrace-go/tailrace/internal/appcode"
)

// Codec turns values into messages and back. It must be safe for concurrent use. What it writes
// crosses as a json frame, so it must be one JSON value in UTF-8: what another codec than JSONCodec
// writes is checked, and refused with an error of the call. A codec that panics is an error of the
// call, too.
type Codec interface {
	// Append appends v's encoding to dst and returns the extended slice.
	Append(dst []byte, v any) ([]byte, error)
	// Decode stores the value that data encodes in *v. It must not keep data.
	Decode(data []byte, v any) error
}

// JSONCodec is encoding/json without HTML escaping: scripts never see these bytes as source.
type JSONCodec struct{}

var _ Codec = JSONCodec{}

// Append implements Codec.
func (JSONCodec) Append(dst []byte, v any) ([]byte, error) {
	w := appender{dst}
	e := json.NewEncoder(&w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return dst, err
	}
	if !utf8.Valid(w.b[len(dst):]) {
		return dst, errNotUTF8
	}
	return bytes.TrimSuffix(w.b, []byte{'\n'}), nil
}

// errNotUTF8 is what encoding/json lets pass: it checks the syntax of what a json.Marshaler gives,
// not its letters.
var errNotUTF8 = errors.New("a json.RawMessage, or what a MarshalJSON gave, is not UTF-8")

// encode has a codec append v, and checks what it wrote. A panic is an error.
func encode(c Codec, dst []byte, v any) (data []byte, err error) {
	returned := false
	defer appcode.Catch(&returned, func(f *appcode.Failure) { data, err = dst, f })
	data, err = c.Append(dst, v)
	if _, checked := c.(JSONCodec); !checked && err == nil &&
		(len(data) < len(dst) || !appcode.IsJSON(data[len(dst):])) {
		data, err = dst, appcode.ErrNoJSON
	}
	returned = true
	return data, err
}

// decode has a codec store the value of data in *v. A panic is an error.
func decode(c Codec, data []byte, v any) (err error) {
	returned := false
	defer appcode.Catch(&returned, func(f *appcode.Failure) { err = f })
	err = c.Decode(data, v)
	returned = true
	return err
}

// Decode implements Codec.
func (JSONCodec) Decode(data []byte, v any) error { return json.Unmarshal(data, v) }

// appender is an io.Writer that appends.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}
