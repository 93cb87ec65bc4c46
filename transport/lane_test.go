package transport

import "sync/atomic"

// addLane makes a lane of no command, whose messages the page keeps.
func (s *Session) addLane(id uint32, count *atomic.Int64) *lane {
	return s.enter(newLane(s, id, s.opt.RingBytes), count)
}
