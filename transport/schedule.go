package transport

// quantum is what a lane may put into a batch in one turn, in bytes: small enough that many
// lanes share a batch, large enough that a turn is worth its run header.
const quantum = 16 << 10

// schedule says which lane has its turn. The drainer's own.
//
// Within a class it is a deficit round robin (Shreedhar and Varghese, 1995) with the two lists of FQ-CoDel
// (RFC 8290): a lane that has just become busy is served before those that
// have been busy for longer, but goes to the end of the old list even when it is
// empty then, so that it can't come first again and again. Lane 0 goes first in every batch of its class, with half of it.
//
// The classes are the lanes whose messages the page only borrows, and the others, lane 0 and bodies among them. A batch is of one
// class. Between the two, bytes are fair by lane, too (start-time fair queueing, Goyal, Vin and Cheng, 1996): a batch
// costs its class its bytes divided by the class's listed lanes (one that says little counts like one that floods), at least a quantum's; the class that has had less is next. A class that was idle
// has no claim from that time, and goes at once. The class with fewer lanes has smaller batches, and more often. When a class would have two batches in a row,
// the fresh lanes of the other one, or lane 0, go between, out of turn: those only, and a
// lane is fresh again only after its class has had a turn.
//
// Rejected: a class a round, whatever its lanes: one lane that floods would have half of everything, beside a hundred; one quantum
// a lane in turn across the classes: batches of 16 KiB, when one lane of each floods.
type schedule struct {
	owned, borrowed class
	last            *class // of the last batch
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

// turn says of which class the next batch is. control: lane 0 has something to say. outOfTurn: only the class's fresh lanes, and lane 0, are
// served. most is the length at which the batch is full.
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
