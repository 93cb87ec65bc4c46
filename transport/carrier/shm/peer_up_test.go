//go:build linux && (amd64 || arm64)

package shm

import (
	"encoding/binary"
)

// push writes one upward record; it waits for room, for which the reading goroutine must be waiting
// or reading. False: the link is over.
func (p *peer) push(b []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if uint64(len(b)) > p.maxUp {
		p.t.Errorf("push of %d bytes, the limit is %d", len(b), p.maxUp)
	}
	need := recordBytes(uint64(len(b)))
	full := func() bool {
		return p.written+need-word64(p.down, downUpHead).Load() > uint64(len(p.upRing))
	}
	for {
		if p.over {
			return false
		}
		if !full() {
			break
		}
		p.upWishes++
		word32(p.up, upWants).Store(p.upWishes)
		if full() {
			p.room.Wait()
		}
	}
	p.copyUp(p.written, binary.LittleEndian.AppendUint64(nil, uint64(len(b))))
	p.copyUp(p.written+lengthSize, b)
	p.written += need
	p.publish(p.written)
	return true
}

func (p *peer) copyUp(at uint64, b []byte) {
	n := copy(p.upRing[at%uint64(len(p.upRing)):], b)
	copy(p.upRing, b[n:])
}

func (p *peer) publish(tail uint64) {
	word64(p.up, upTail).Store(tail)
	if g := word32(p.down, downSleeping).Load(); g != p.upRung {
		p.upRung = g
		p.ringGo()
	}
}

// taken is how much of the up ring Go has taken.
func (p *peer) taken() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return word64(p.down, downUpHead).Load()
}
