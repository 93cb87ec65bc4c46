package transport

// quantum is what a lane may put into a batch in one turn, in bytes: small enough that many
// lanes share a batch, large enough that a turn is worth its run header.
const quantum = 16 << 10

// Batches of a flood beside which a lane has just become busy are a part of MaxBatch, and so are
// some after them: what that lane says waits behind all that is on its way. Measured over the
// custom scheme (TestFairness of package webview, 2 cores): the p99 of a hundred lanes at 100 Hz
// fell from 27 to 37 ms to 12 to 13 ms, and the flood from 110 to 70 MB/s at 128 B, from 112 to 83
// MB/s at 64 KB; over shared memory nothing changed. A fifth, not a fourth: so one message of 64 KB
// is a batch.
const (
	shortBatch   = 5
	shortBatches = 32
)

// schedule says which lane has its turn. The drainer's own.
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
type schedule struct {
	owned, borrowed class
	last            *class // of the last batch
	sparse          int    // so many batches yet are short
	ahead           int    // bytes that a borrowed lane has had more than one of the others
}

// class is the listed lanes of one kind of batch.
type class struct{ fresh, old fifo[*lane] }

func (c *class) lanes() int { return c.fresh.len() + c.old.len() }

// class is the one of a lane.
func (d *schedule) class(l *lane) *class {
	if l.borrow {
		return &d.borrowed
	}
	return &d.owned
}

// turn says of which class the next batch is. control: lane 0 has something to say. outOfTurn: only
// the class's fresh lanes, and lane 0, are served. most is how much of its lanes, behind lane 0,
// makes the batch full.
func (d *schedule) turn(control bool, maxBatch int) (c *class, outOfTurn bool, most int) {
	owned, borrowed := d.owned.lanes(), d.borrowed.lanes()
	if owned == 0 {
		d.ahead = min(d.ahead, 0)
	}
	if borrowed == 0 {
		d.ahead = max(d.ahead, 0)
	}
	c, other := &d.owned, &d.borrowed
	if owned == 0 && borrowed > 0 || borrowed > 0 && (d.ahead < 0 || d.ahead == 0 && d.last == c) {
		c, other = other, c
	}
	if c == d.last && (other.fresh.len() > 0 || control && other == &d.owned) {
		return other, true, maxBatch
	}
	most = maxBatch
	if n, m := c.lanes(), other.lanes(); n < m {
		most = max(maxBatch/4, maxBatch*n/m)
	}
	if fresh := d.owned.fresh.len() + d.borrowed.fresh.len(); fresh > 0 && owned+borrowed > fresh {
		d.sparse = shortBatches
	}
	if d.sparse > 0 {
		d.sparse--
		most = min(most, maxBatch/shortBatch)
	}
	return c, false, most
}

// charge counts a batch of a class that had n busy lanes, which have put that many bytes into it.
func (d *schedule) charge(c *class, n, bytes int) {
	d.last = c
	if n == 0 {
		return // lane 0 alone
	}
	share := max(bytes, quantum) / n
	if c == &d.owned {
		share = -share
	}
	d.ahead += share
}
