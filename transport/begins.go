package transport

import "sync"

// begins starts ordinary commands, each on a goroutine of its own, in the order in which they came:
// each goroutine starts the next one before it runs its command. So the order does not hang on
// which goroutine the scheduler takes first, and all run side by side as with a go statement for
// each.
type begins struct {
	mu      sync.Mutex
	waiting fifo[*invocation]
	going   bool // a goroutine is on its way to the first one that waits
}

// add starts inv behind those that came before. The caller may hold locks.
func (b *begins) add(inv *invocation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting.push(inv)
	if !b.going {
		b.going = true
		go b.begin()
	}
}

// begin runs the first command that waits, and has the next one begun.
func (b *begins) begin() {
	b.mu.Lock()
	inv := b.waiting.pop()
	if b.going = b.waiting.len() > 0; b.going {
		go b.begin()
	}
	b.mu.Unlock()
	inv.run()
}
