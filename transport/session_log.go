package transport

// eventRefused logs that lane 0 has no room for events, if it is time to.
func (s *Session) eventRefused() {
	if s.journal.EventRefused(s.engine.now()) {
		s.journal.EventsRefused(s.lanes.control.stats().Depth, s.events.refused.Load())
	}
}

// logEnd logs that a channel has ended with an error. The end of its session is logged for all of
// them.
func (l *lane) logEnd(e *ClosedError) {
	if e.Cause != nil && l.id != 0 && l.s.ctx.Err() == nil {
		l.s.journal.ChannelEnded(l.id, l.name, l.in.ended.Load(), e.Reason, e.Cause)
	}
}
