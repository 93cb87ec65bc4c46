package transport

import "sync"

// begins starts ordinary commands in the order in which they came, each on a goroutine of its own:
// a goroutine takes the first command that waits when it begins to run. So the order does not hang
// on which goroutine the scheduler takes first.
type begins struct {
	mu      sync.Mutex
	waiting fifo[*invocation]
}

// add starts inv behind those that came before. The caller may hold locks.
func (b *begins) add(inv *invocation) {
	b.mu.Lock()
	b.waiting.push(inv)
	b.mu.Unlock()
	go b.begin()
}

func (b *begins) begin() {
	b.mu.Lock()
	inv := b.waiting.pop()
	b.mu.Unlock()
	inv.run()
}
