package transport

import "sync"

// marks say which credit of a page means which message: so many bytes of strides cover it. The pump
// adds them, whoever settles takes them.
type marks struct {
	sum uint64 // strides sent; the pump's own

	mu   sync.Mutex
	list fifo[creditMark] // of what the page has not consumed
}

// creditMark says that a credit of sum bytes covers the message.
type creditMark struct{ sum, message uint64 }

// markBytes is the least distance of marks, in bytes of strides, but for the last one's: so that a
// full window has few.
const markBytes = 2 << 10

// add notes that a message of so many bytes of strides is sent. A mark that is near the one before
// moves on instead of being joined by another: at low rates each message is consumed before the
// next is sent, so that each has its own.
func (m *marks) add(strides int, message uint64) {
	m.sum += uint64(strides)
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := m.list.len(); n > 1 {
		last := &m.list.all[len(m.list.all)-1]
		before := m.list.all[len(m.list.all)-2]
		if m.sum-before.sum <= markBytes {
			*last = creditMark{m.sum, message}
			return
		}
	}
	m.list.push(creditMark{m.sum, message})
}

// due reports whether a credit covers a message.
func (m *marks) due(credited uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.list.len() > 0 && m.list.front().sum <= credited
}

// any reports whether the page has not consumed everything.
func (m *marks) any() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.list.len() > 0
}

// take gives the last message that the credit covers, if there is one, and the last one that was
// sent, if it is not consumed.
func (m *marks) take(credited uint64) (consumed, sent uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.list.len() > 0 {
		sent = m.list.all[len(m.list.all)-1].message
	}
	for m.list.len() > 0 && m.list.front().sum <= credited {
		consumed = m.list.pop().message
	}
	return consumed, sent
}

// clear forgets all marks.
func (m *marks) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = fifo[creditMark]{}
}
