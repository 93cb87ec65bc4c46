package schedule

import "testing"

const most = 100_000

// TestClassesShare: between classes that flood, bytes go by the number of their lanes.
func TestClassesShare(t *testing.T) {
	for _, c := range []struct{ owned, borrowed int }{{1, 1}, {1, 9}, {9, 1}} {
		var d Schedule[int]
		for n := range c.owned {
			d.Owned.Old.Push(n)
		}
		for n := range c.borrowed {
			d.Borrowed.Old.Push(n)
		}
		got := map[*Class[int]]int{}
		for range 1000 {
			class, outOfTurn, n := d.Turn(false, most)
			if outOfTurn {
				t.Fatal("out of turn, though nobody is fresh")
			}
			got[class] += n
			d.Charge(class, class.Lanes(), n)
		}
		each := [2]int{got[&d.Owned] / c.owned, got[&d.Borrowed] / c.borrowed}
		if each[0] < each[1]*9/10 || each[1] < each[0]*9/10 {
			t.Errorf("%+v: a lane that is owned gets %d bytes, a borrowed one %d", c, each[0],
				each[1])
		}
	}
}

// TestFreshGoBetween: a class that floods has no two batches in a row while the other one has
// somebody fresh, or lane 0 speaks; and batches are short for a while behind one who was fresh.
func TestFreshGoBetween(t *testing.T) {
	var d Schedule[int]
	d.Borrowed.Old.Push(1)
	c, _, n := d.Turn(false, most)
	if c != &d.Borrowed || n != most {
		t.Fatalf("borrowed %v, %d bytes", c == &d.Borrowed, n)
	}
	d.Charge(c, 1, n)
	if c, outOfTurn, _ := d.Turn(true, most); c != &d.Owned || !outOfTurn {
		t.Errorf("lane 0 waits: borrowed %v, out of turn %v", c == &d.Borrowed, outOfTurn)
	}
	d.Owned.Fresh.Push(2)
	c, _, _ = d.Turn(false, most)
	if c != &d.Owned {
		t.Error("who is fresh waits")
	}
	d.Charge(c, 1, 100)
	d.Owned.Fresh.Pop()
	d.Borrowed.Fresh.Push(3)
	for i := range ShortBatches + 1 {
		c, _, n := d.Turn(false, most)
		const short = most / ShortBatch
		if i < ShortBatches && n > short || i == ShortBatches && n != most {
			t.Errorf("batch %d has %d bytes", i, n)
		}
		d.Charge(c, c.Lanes(), n)
		if i == 0 {
			d.Borrowed.Old.Push(d.Borrowed.Fresh.Pop())
		}
	}
}
