package storage

import (
	"testing"

	"github.com/tailrace-go/tailrace/transport/history"
)

// TestSeen: a state that the store gave before a message was sent does not hide that message; one
// of another epoch does.
func TestSeen(t *testing.T) {
	s := NewSeen(nil)
	s.Appended(10)
	for _, c := range []struct{ epoch, newest, want uint64 }{
		{7, 0, 10}, {7, 9, 10}, {7, 12, 12}, {8, 3, 3},
	} {
		s.Note(history.State{Epoch: c.epoch, Oldest: 1, Newest: c.newest})
		if s.state.Newest != c.want {
			t.Errorf("epoch %d: the newest is %d, want %d", c.epoch, s.state.Newest, c.want)
		}
	}
}
