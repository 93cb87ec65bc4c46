package transport

import (
	"github.com/tailrace-go/tailrace/internal/fifo"
	"github.com/tailrace-go/tailrace/internal/ranked"
)

// marks say which credit of a page means which message: so many bytes of strides cover it. The pump
// adds them, whoever settles takes them.
type marks struct {
	sum uint64 // strides sent; the pump's own

	mu   ranked.Mutex[ranked.Marks]
	list fifo.Queue[creditMark] // of what the page has not consumed
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
	if n := m.list.Len(); n > 1 {
		last := m.list.Back(0)
		before := m.list.Back(1)
		if m.sum-before.sum <= markBytes {
			*last = creditMark{m.sum, message}
			return
		}
	}
	m.list.Push(creditMark{m.sum, message})
}

// due reports whether a credit covers a message.
func (m *marks) due(credited uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.list.Len() > 0 && m.list.Front().sum <= credited
}

// any reports whether the page has not consumed everything.
func (m *marks) any() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.list.Len() > 0
}

// take gives the last message that the credit covers, if there is one, and the last one that was
// sent, if it is not consumed.
func (m *marks) take(credited uint64) (consumed, sent uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.list.Len() > 0 {
		sent = m.list.Back(0).message
	}
	for m.list.Len() > 0 && m.list.Front().sum <= credited {
		consumed = m.list.Pop().message
	}
	return consumed, sent
}

// clear forgets all marks.
func (m *marks) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = fifo.Queue[creditMark]{}
}
