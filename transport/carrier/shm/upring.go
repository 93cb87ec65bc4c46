//go:build linux && (amd64 || arm64)

package shm

import (
	"encoding/binary"
	"fmt"

	"github.com/tailrace-go/tailrace/transport"
)

// lengthSize is the head of a record of the up ring.
const lengthSize = 8

// upBytes is the up ring's capacity: with four of the largest batches the page seldom waits for Go.
func upBytes(maxBatch int) int { return powerOfTwo(4 * (maxBatch + transport.UpSlack)) }

// upRing is Go's end of what the page sends. The reader's goroutine alone uses it.
type upRing struct {
	down, up []byte // mapped
	data     []byte // the ring, in up
	largest  int    // payload
	record   []byte // the last one

	head, tail     uint64
	sleeps, served uint32 // generations: of Go's sleep; of the page's wish that was rung for
}

// next copies one record out, which stays as it is until the next call. Nil: there is none.
func (u *upRing) next() ([]byte, error) {
	if u.head == u.tail {
		tail := word64(u.up, upTail).Load()
		if tail-u.head > uint64(len(u.data)) || tail%8 != 0 {
			return nil, fmt.Errorf("the page has written up to %d, after %d, into %d bytes", tail,
				u.head, len(u.data))
		}
		u.tail = tail
	}
	if u.head == u.tail {
		return nil, nil
	}
	at := int(u.head % uint64(len(u.data)))
	var word [lengthSize]byte // a copy: the page may change it
	copy(word[:], u.data[at:])
	length := binary.LittleEndian.Uint64(word[:])
	if length > uint64(u.largest) || recordBytes(length) > u.tail-u.head {
		return nil, fmt.Errorf("the page sends %d bytes, at most %d are allowed, and %d have come",
			length, u.largest, u.tail-u.head)
	}
	if u.record == nil || int(length) > cap(u.record) {
		u.record = make([]byte, length)
	}
	p := u.record[:length]
	at = (at + lengthSize) % len(u.data)
	n := copy(p, u.data[at:])
	copy(p[n:], u.data)
	u.head += recordBytes(length)
	return p, nil
}

// took tells the page that Go has what next gave: the page forgets it then.
func (u *upRing) took() { word64(u.down, downUpHead).Store(u.head) }

// recordBytes is what a record of that length takes.
func recordBytes(length uint64) uint64 { return lengthSize + (length+7)&^7 }

// wanted reports whether the page wants to know that there is room again.
func (u *upRing) wanted() bool {
	g := word32(u.up, upWants).Load()
	if g == u.served {
		return false
	}
	u.served = g
	return true
}

// asleep makes the page ring for its next record. It reports whether there is none yet.
func (u *upRing) asleep() bool {
	u.sleeps++
	word32(u.down, downSleeping).Store(u.sleeps)
	return word64(u.up, upTail).Load() == u.tail
}
