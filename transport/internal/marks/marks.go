// Package marks tells which messages a page's credit covers.
package marks

import (
	"github.com/tailrace-go/tailrace/internal/fifo"
	"github.com/tailrace-go/tailrace/internal/ranked"
)

// Marks say which credit of a page means which message: so many bytes of strides cover it. The pump
// adds them, whoever settles takes them.
type Marks struct {
	sum uint64 // strides sent; the pump's own

	mu   ranked.Mutex[ranked.Marks]
	list fifo.Queue[mark] // of what the page has not consumed
}

// mark says that a credit of sum bytes covers the message.
type mark struct{ sum, message uint64 }

// markBytes is the least distance of marks, in bytes of strides, but for the last one's: so that a
// full window has few.
const markBytes = 2 << 10

// Add notes that a message of so many bytes of strides is sent. A mark that is near the one before
// moves on instead of being joined by another: at low rates each message is consumed before the
// next is sent, so that each has its own.
func (m *Marks) Add(strides int, message uint64) {
	m.sum += uint64(strides)
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := m.list.Len(); n > 1 {
		last := m.list.Back(0)
		before := m.list.Back(1)
		if m.sum-before.sum <= markBytes {
			*last = mark{m.sum, message}
			return
		}
	}
	m.list.Push(mark{m.sum, message})
}

// Due reports whether a credit covers a message.
func (m *Marks) Due(credited uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.list.Len() > 0 && m.list.Front().sum <= credited
}

// Any reports whether the page has not consumed everything.
func (m *Marks) Any() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.list.Len() > 0
}

// Take gives the last message that the credit covers, if there is one, and the last one that was
// sent, if it is not consumed.
func (m *Marks) Take(credited uint64) (consumed, sent uint64) {
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

// Clear forgets all marks.
func (m *Marks) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = fifo.Queue[mark]{}
}

// Sum gives the strides of everything that was added. The pump's own.
func (m *Marks) Sum() uint64 { return m.sum }
