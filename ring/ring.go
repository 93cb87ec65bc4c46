package ring

import (
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"
)

const (
	// Unit is the rounding of claims, in bytes.
	//
	// Chosen by measurement. ns per send and drain, medians of 9 interleaved rounds,
	// 2 cores of an AMD EPYC (Milan), Go 1.26, 4 MB, frames of header 8 + payload:
	//
	//	Unit                       8     16     32     64
	//	1 producer,  64 B       28.1   24.7   21.7   27.7
	//	1 producer,  128 B      27.4   28.4   20.2   23.2
	//	1 producer,  1 KB       44.5   43.2   48.8   47.6
	//	4 producers, 64 B       36.0   36.0   35.9   36.8
	//	4 producers, 128 B      37.6   39.7   38.0   40.5
	//	4 producers, 1 KB       65.9   64.3   56.5   55.3
	//
	//	go test -run '^$' -bench 'Send/ring/' -benchtime=1500000x ./bench
	//
	// with the constant changed, and 128 added to the benchmark's sizes.
	//
	// With several producers the tail is the bottleneck, and the unit matters little.
	// A larger unit gains a lone producer 4 to 7 ns of small messages. But padding
	// is carried to the page, and 8 bytes more cost 40 ns on a carrier of 200 MB/s.
	// The price of the small unit is memory: one 8-byte stamp for each.
	Unit = 8

	unitShift = 3

	// MinCapacity is the smallest buffer that New takes, in bytes.
	MinCapacity = 64
)

// Flags in the low bits of positions and stamps, which are multiples of Unit.
const (
	closedBit = 1 // tail: no claim after this position
	// limit: the queue of blocked producers is not empty; the second one is that of low claims.
	waitingBit    = 1
	waitingLowBit = 2
	waitingBits   = waitingBit | waitingLowBit

	padding = 1 // stamp: the bytes are wrap padding
)

// line keeps words that different cores write apart. 128 covers the pair of
// lines that Intel's prefetcher fetches and the line size of Apple's cores.
type line [128]byte

// Options of New. The zero value is usable.
type Options struct {
	// Doorbell is called when a commit (or Close) found the drainer parked, on
	// that goroutine, after the commit. It is called once for each Park that
	// returned true and must not block. Nil: nobody is rung.
	Doorbell func()
	// Headroom is kept back from ordinary claims, in bytes: when they have filled
	// the ring, one ClaimHeadroom of up to Headroom bytes still fits. At most an eighth of
	// the capacity. 0: none.
	Headroom int
	// LowReserve is what low claims leave free for ordinary ones, in bytes: at most half of the
	// capacity. 0: they leave nothing.
	LowReserve int
	// Start is the first position, a multiple of Unit. 0 is right except in tests.
	Start uint64
}

// Ring is the ring. See the package documentation for who may call what.
type Ring struct {
	// Set by New, then only read.
	buf      []byte
	stamps   []atomic.Uint64 // one for each Unit: see stamp
	mask     uint64          // capacity - 1
	maxClaim int
	headroom int // rounded up to Unit
	maxLow   int
	// What ordinary and low claims leave free: headroom and its wrap padding, and the low reserve.
	reserve, lowReserve uint64
	doorbell            func()

	_    line
	tail atomic.Uint64 // claimed position | closedBit; producers
	_    line
	// limit is released position + capacity | waiting bits. The position is changed
	// by Release only, the bits under mu only. That all are one word is what makes
	// blocking free of lost wake-ups: see wait.go.
	limit  atomic.Uint64
	_      line
	parked atomic.Uint32 // 1: the drainer wants the doorbell; see park.go
	_      line
	drain  atomic.Uint64 // drained position; drainer
	_      line

	blocked blocked
}

// blocked are the producers that wait for room.
type blocked struct {
	pool *sync.Pool // of *waiter

	mu       sync.Mutex
	ordinary waitQueue // guarded by mu
	low      waitQueue // those of low claims, behind all ordinary ones
}

// New makes a ring over buf, which it keeps until the last claim is released.
// The length must be a power of two of at least MinCapacity. The content does
// not matter: commit state never lives in buf.
func New(buf []byte, o Options) (*Ring, error) {
	n := len(buf)
	if n < MinCapacity || bits.OnesCount(uint(n)) != 1 {
		return nil, fmt.Errorf("ring: capacity %d is not a power of two of at least %d", n,
			MinCapacity)
	}
	if o.Start%Unit != 0 {
		return nil, fmt.Errorf("ring: start %d is not a multiple of %d", o.Start, Unit)
	}
	if o.Headroom < 0 || o.Headroom > n/8 {
		return nil, fmt.Errorf(
			"ring: headroom %d is not between 0 and an eighth of the capacity %d", o.Headroom, n)
	}
	if o.LowReserve < 0 || o.LowReserve > n/2 {
		return nil, fmt.Errorf("ring: low reserve %d is not between 0 and half of the capacity %d",
			o.LowReserve, n)
	}
	r := &Ring{
		buf:      buf,
		stamps:   make([]atomic.Uint64, n/Unit),
		mask:     uint64(n) - 1,
		doorbell: o.Doorbell,
		blocked:  blocked{pool: newWaiters()},
	}
	if o.Headroom > 0 {
		h := roundUp(o.Headroom)
		r.headroom = int(h)
		r.reserve = 2*h - Unit
	}
	r.lowReserve = r.reserve + roundUp(o.LowReserve)
	r.blocked.ordinary = waitQueue{bit: waitingBit, keep: r.reserve}
	r.blocked.low = waitQueue{bit: waitingLowBit, keep: r.lowReserve}
	// A claim of s bytes takes up to s-Unit bytes of padding as well, and must fit
	// into an empty ring wherever the tail stands: 2s - Unit <= cap - reserve.
	r.maxClaim = int((uint64(n) - r.reserve + Unit) / 2 &^ (Unit - 1))
	r.maxLow = int((uint64(n) - r.lowReserve + Unit) / 2 &^ (Unit - 1))
	r.tail.Store(o.Start)
	r.drain.Store(o.Start)
	r.limit.Store(o.Start + uint64(n))
	return r, nil
}

// Cap returns the capacity in bytes.
func (r *Ring) Cap() int { return len(r.buf) }

// MaxClaim returns the largest n that TryClaim and Claim take: half the capacity
// without the headroom, so that it fits together with its wrap padding.
func (r *Ring) MaxClaim() int { return r.maxClaim }

// Tail returns the claimed position.
func (r *Ring) Tail() uint64 { return r.tail.Load() &^ closedBit }

// DrainPos returns the drained position.
func (r *Ring) DrainPos() uint64 { return r.drain.Load() }

// Len returns the bytes that are claimed and not yet released, padding included.
func (r *Ring) Len() int {
	t := r.Tail()
	released := r.limit.Load()&^waitingBits - r.mask - 1
	// A release between the two loads can pass t.
	return int(max(0, int64(t-released)))
}

// Closed reports whether Close was called.
func (r *Ring) Closed() bool { return r.tail.Load()&closedBit != 0 }

// Drained reports whether the ring is closed and everything that was claimed
// before has been drained.
func (r *Ring) Drained() bool { return r.tail.Load() == r.drain.Load()|closedBit }

// Close ends claiming. It is idempotent. Claims that succeeded before it are
// still to be committed and drained. Blocked producers return ErrClosed, and a
// parked drainer is rung.
func (r *Ring) Close() {
	if r.tail.Or(closedBit)&closedBit != 0 {
		return
	}
	r.grantWaiters() // take gives each of them ErrClosed
	r.ring()
}

// roundUp rounds n up to Unit.
func roundUp(n int) uint64 { return (uint64(n) + Unit - 1) &^ (Unit - 1) }

// claimSize is what a claim of n bytes takes: at least one Unit, so that each
// claim has a stamp of its own.
func claimSize(n int) uint64 { return max(roundUp(n), Unit) }
