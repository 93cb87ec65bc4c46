//go:build linux && cgo

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"unicode/utf16"
)

// A message of bytes: stream, n and checksum as little-endian words, then the payload. The last one
// of a direction has the flag lastFlag in its stream. page/message.js has the same.
const (
	messageHead = 12
	lastFlag    = 1 << 31
)

var errDamaged = errors.New("the checksum is wrong")

// checksum depends on the number, the length and every byte.
func checksum(n uint32, payload []byte) uint32 {
	sum := n*31 + uint32(len(payload))
	for _, b := range payload {
		sum = sum*31 + uint32(b)
	}
	return sum
}

// pool is random text from which payloads are cut.
type pool struct {
	bytes []byte
	text  []rune
}

// largest is the longest payload.
const largest = 768 << 10

func newPool(r *rand.Rand) *pool {
	p := &pool{bytes: make([]byte, 2*largest), text: make([]rune, 4096)}
	for i := range p.bytes {
		p.bytes[i] = byte(r.Uint32())
	}
	letters := []rune("abcdefghijklmnopqrstuvwxyz ABC 0123456789\"\\\n\u2028äß€漢🚀")
	for i := range p.text {
		p.text[i] = letters[r.IntN(len(letters))]
	}
	return p
}

// raw makes a message with size bytes of payload in place of *buf.
func (p *pool) raw(buf *[]byte, r *rand.Rand, stream, n uint32, size int) []byte {
	from := r.IntN(len(p.bytes) - size + 1)
	b := append((*buf)[:0], make([]byte, messageHead)...)
	b = append(b, p.bytes[from:from+size]...)
	binary.LittleEndian.PutUint32(b, stream)
	binary.LittleEndian.PutUint32(b[4:], n)
	binary.LittleEndian.PutUint32(b[8:], checksum(n, b[messageHead:]))
	*buf = b
	return b
}

// readRaw takes a message apart, and checks all but its number.
func readRaw(b []byte, stream uint32) (n uint32, last bool, err error) {
	if len(b) < messageHead {
		return 0, false, fmt.Errorf("a message of %d bytes", len(b))
	}
	word := binary.LittleEndian.Uint32(b)
	n = binary.LittleEndian.Uint32(b[4:])
	switch {
	case word&^lastFlag != stream:
		err = fmt.Errorf("message %d of stream %d", n, word&^lastFlag)
	case binary.LittleEndian.Uint32(b[8:]) != checksum(n, b[messageHead:]):
		err = fmt.Errorf("message %d of %d bytes: %w", n, len(b), errDamaged)
	}
	return n, word&lastFlag != 0, err
}

// text is a message of JSON.
type text struct {
	W    uint32 `json:"w"` // stream
	N    uint32 `json:"n"`
	S    uint32 `json:"s"` // checksum of the UTF-16 words of T
	T    string `json:"t"`
	Last bool   `json:"last"`
}

func textSum(n uint32, s string) uint32 {
	words := utf16.Encode([]rune(s))
	sum := n*31 + uint32(len(words))
	for _, w := range words {
		sum = sum*31 + uint32(w)
	}
	return sum
}

// json makes a message of JSON with size characters.
func (p *pool) json(r *rand.Rand, stream, n uint32, size int) text {
	from := r.IntN(len(p.text) - size + 1)
	t := string(p.text[from : from+size])
	return text{W: stream, N: n, S: textSum(n, t), T: t}
}

// read checks all but the number.
func (t text) read(stream uint32) error {
	switch {
	case t.W != stream:
		return fmt.Errorf("message %d of stream %d", t.N, t.W)
	case t.S != textSum(t.N, t.T):
		return fmt.Errorf("message %d: %w", t.N, errDamaged)
	}
	return nil
}
