package script

// parseBytes is the length from which an object or array is read by JSON.parse. Measured with
// arrays of records, each source new, literal against JSON.parse: 61 and 29 us for 1 KB, 447 and
// 147 for 10 KB, 92,300 and 11,300 for 1 MB in WebKitGTK 2.50; 43 and 28, 302 and 163, 37,200 and
// 11,700 in Node 20. Below 1 KB the call of eval outweighs both, and a literal is easier to read in
// a log.
const parseBytes = 1 << 10

// source gives the whole text: what JSON.parse shall read becomes a call, the rest stays.
func (e *encoder) source() string {
	out := make([]byte, 0, len(e.buf)+len(e.buf)/8+16)
	at := 0
	for _, s := range e.parse {
		out = append(out, e.buf[at:s.from]...)
		out = append(out, "JSON.parse('"...)
		for _, c := range e.buf[s.from:s.to] {
			if c == '\'' || c == '\\' {
				out = append(out, '\\')
			}
			out = append(out, c)
		}
		out = append(out, "')"...)
		at = s.to
	}
	out = append(out, e.buf[at:]...)
	// A text that begins like an object would be a block where a statement may stand, and a number
	// would not bear a minus before it or a dot behind.
	switch c := out[0]; {
	case c == '{', c == '-', c == 'N', c == 'I', '0' <= c && c <= '9':
		out = append(append([]byte{'('}, out...), ')')
	}
	return string(out)
}
