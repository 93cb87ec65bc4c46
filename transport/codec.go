package transport

import (
	"bytes"
	"encoding/json"
)

// Codec turns values into messages and back. It must be safe for concurrent use.
// What it writes crosses as a json frame, so it must be JSON in UTF-8.
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
	return bytes.TrimSuffix(w.b, []byte{'\n'}), nil
}

// Decode implements Codec.
func (JSONCodec) Decode(data []byte, v any) error { return json.Unmarshal(data, v) }

// appender is an io.Writer that appends.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}
