// Package schedule says which lane has its turn in the next batch.
//
// Within a class it is a deficit round robin (Shreedhar and Varghese, 1995) with the two lists of
// FQ-CoDel (RFC 8290): a lane that has just become busy is served before those that have been busy
// for longer, but goes to the end of the old list even when it is empty then, so that it can't come
// first again and again. Lane 0 goes first in every batch of its class, with half of it.
//
// The classes are the lanes whose messages the page only borrows, and the others, lane 0 and bodies
// among them. A batch is of one class. Between the two, bytes are fair by lane, too (start-time
// fair queueing, Goyal, Vin and Cheng, 1996): a batch costs its class its bytes divided by the
// class's listed lanes (one that says little counts like one that floods), at least a quantum's;
// the class that has had less is next. A class that was idle has no claim from that time, and goes
// at once. The class with fewer lanes has smaller batches, and more often. When a class would have
// two batches in a row, the fresh lanes of the other one, or lane 0, go between, out of turn: those
// only, and a lane is fresh again only after its class has had a turn.
//
// Rejected: a class a round, whatever its lanes: one lane that floods would have half of
// everything, beside a hundred; one quantum a lane in turn across the classes: batches of 16 KiB,
// when one lane of each floods.
package schedule

import "github.com/tailrace-go/tailrace/internal/fifo"

// Quantum is what a lane may put into a batch in one turn, in bytes: small enough that many lanes
// share a batch, large enough that a turn is worth its run header.
const Quantum = 16 << 10

// Batches of a flood beside which a lane has just become busy are a part of the largest batch, and
// so are some after them: what that lane says waits behind all that is on its way. Measured over
// the custom scheme (TestFairness of package webview, 2 cores): the p99 of a hundred lanes at 100
// Hz fell from 27 to 37 ms to 12 to 13 ms, and the flood from 110 to 70 MB/s at 128 B, from 112 to
// 83 MB/s at 64 KB; over shared memory nothing changed. A fifth, not a fourth: so one message of 64
// KB is a batch.
const (
	ShortBatch   = 5
	ShortBatches = 32
)

// Schedule has the listed lanes, of type L. One goroutine, the drainer, uses it.
type Schedule[L any] struct {
	Owned, Borrowed Class[L]
	last            *Class[L] // of the last batch
	sparse          int       // so many batches yet are short
	ahead           int       // bytes that a borrowed lane has had more than one of the others
}

// Class is the listed lanes of one kind of batch.
type Class[L any] struct{ Fresh, Old fifo.Queue[L] }

// Lanes is how many there are.
func (c *Class[L]) Lanes() int { return c.Fresh.Len() + c.Old.Len() }

// Class is that of the lanes that are borrowed, or not.
func (d *Schedule[L]) Class(borrowed bool) *Class[L] {
	if borrowed {
		return &d.Borrowed
	}
	return &d.Owned
}

// Lanes is how many lanes are listed.
func (d *Schedule[L]) Lanes() int { return d.Owned.Lanes() + d.Borrowed.Lanes() }

// Turn says of which class the next batch is. control: lane 0 has something to say. outOfTurn: only
// the class's fresh lanes, and lane 0, are served. most is how much of its lanes, behind lane 0,
// makes the batch full.
func (d *Schedule[L]) Turn(control bool, maxBatch int) (c *Class[L], outOfTurn bool, most int) {
	owned, borrowed := d.Owned.Lanes(), d.Borrowed.Lanes()
	if owned == 0 {
		d.ahead = min(d.ahead, 0)
	}
	if borrowed == 0 {
		d.ahead = max(d.ahead, 0)
	}
	c, other := &d.Owned, &d.Borrowed
	if owned == 0 && borrowed > 0 ||
		borrowed > 0 && (d.ahead < 0 || d.ahead == 0 && d.last == c) {
		c, other = other, c
	}
	if c == d.last && (other.Fresh.Len() > 0 || control && other == &d.Owned) {
		return other, true, maxBatch
	}
	most = maxBatch
	if n, m := c.Lanes(), other.Lanes(); n < m {
		most = max(maxBatch/4, maxBatch*n/m)
	}
	if fresh := d.Owned.Fresh.Len() + d.Borrowed.Fresh.Len(); fresh > 0 && owned+borrowed > fresh {
		d.sparse = ShortBatches
	}
	if d.sparse > 0 {
		d.sparse--
		most = min(most, maxBatch/ShortBatch)
	}
	return c, false, most
}

// Charge counts a batch of a class that had n busy lanes, which have put that many bytes into it.
func (d *Schedule[L]) Charge(c *Class[L], n, bytes int) {
	d.last = c
	if n == 0 {
		return // lane 0 alone
	}
	share := max(bytes, Quantum) / n
	if c == &d.Owned {
		share = -share
	}
	d.ahead += share
}
