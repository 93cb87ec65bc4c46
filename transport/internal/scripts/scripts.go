// Package scripts keeps the sources of evals while the page may ask for them: a page whose
// Content-Security-Policy forbids eval has Go evaluate them natively. It asks with the number only,
// so that it can't make Go evaluate what the app has not sent.
package scripts

import (
	"github.com/tailrace-go/tailrace/internal/fifo"
	"github.com/tailrace-go/tailrace/internal/ranked"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
)

// Script is the source of one eval.
type Script struct {
	ID     uint32
	JS     string
	Result bool   // somebody waits for the value
	end    uint64 // position in lane 0's ring that is not before its end, once it is sent
	gone   bool
}

// scriptCost is what a script takes beside its source, in bytes.
const scriptCost = 96

// Cost is what the script counts as in the budget.
func (c *Script) Cost() int64 { return scriptCost + int64(len(c.JS)) }

// Store is the sources of one session. Any goroutine may call its methods.
//
// A source is kept until the page has answered or credited its frame: one that the page asks for is
// credited only when it ran, and so is all that lies behind it. Marks say which credit means which
// position in lane 0's ring.
type Store struct {
	budget *budget.Budget

	mu      ranked.Mutex[ranked.Leaf]
	kept    map[uint32]*Script
	most    int                 // that kept had since it was made: a map does not shrink
	order   fifo.Queue[*Script] // by the end of their sending
	marks   fifo.Queue[mark]
	handled uint64 // position up to which all was credited
}

// mark says that a credit of sum bytes covers the ring up to pos.
type mark struct{ sum, pos uint64 }

// markBytes is the least distance of marks, in bytes of strides, but for the last one's: so that a
// full window has few.
const markBytes = 2 << 10

// Start says from which budget the sources are counted out when they go.
func (k *Store) Start(b *budget.Budget) { k.budget = b }

// Keep remembers a script that is about to be sent, whose cost was counted.
func (k *Store) Keep(c *Script) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil {
		k.kept = make(map[uint32]*Script)
	}
	k.kept[c.ID] = c
	k.most = max(k.most, len(k.kept))
}

// Sent says that a script lies before the position tail.
func (k *Store) Sent(id uint32, tail uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c := k.kept[id]; c != nil { // else the page was quicker
		c.end = tail
		k.order.Push(c)
		k.trim()
	}
}

// Batched says that the ring is in batches up to pos, with sum bytes of strides in all. Marks that
// are near each other become one.
func (k *Store) Batched(pos, sum uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch n := k.marks.Len(); {
	case len(k.kept) == 0:
		k.marks = fifo.Queue[mark]{}
	case n > 1 && sum-k.marks.Back(1).sum <= markBytes:
		*k.marks.Back(0) = mark{sum, pos}
	default:
		k.marks.Push(mark{sum, pos})
	}
}

// Credited forgets what the page has handled with a credit of that many bytes.
func (k *Store) Credited(total uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.marks.Len() > 0 && k.marks.Front().sum <= total {
		k.handled = k.marks.Pop().pos
	}
	k.trim()
}

// trim forgets the scripts that were handled. The caller holds mu.
func (k *Store) trim() {
	for k.order.Len() > 0 {
		c := *k.order.Front()
		if !c.gone {
			if int64(k.handled-c.end) < 0 {
				return
			}
			k.drop(c)
		}
		k.order.Pop()
	}
}

// Take gives a script that the page asks for, or has answered, and forgets it.
func (k *Store) Take(id uint32) (Script, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.kept[id]
	if c == nil {
		return Script{}, false
	}
	k.drop(c)
	s := *c
	c.JS, c.gone = "", true
	return s, true
}

// drop takes a script out of kept. The caller holds mu.
func (k *Store) drop(c *Script) {
	delete(k.kept, c.ID)
	k.budget.Give(budget.Scripts, c.Cost())
	if len(k.kept) == 0 && k.most > fifo.MaxSpare {
		k.kept, k.most = nil, 0
	}
}

// Forget forgets all scripts: the session is over.
func (k *Store) Forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.kept {
		k.budget.Give(budget.Scripts, c.Cost())
		c.gone = true
	}
	k.kept, k.most = nil, 0
	k.order, k.marks = fifo.Queue[*Script]{}, fifo.Queue[mark]{}
}
