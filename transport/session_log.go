package transport

// eventRefused logs that lane 0 has no room for events, if it is time to.
func (s *Session) eventRefused() {
	if s.journal.EventRefused(s.engine.now()) {
		s.journal.EventsRefused(s.control.stats().Depth, s.figures.eventsRefused.Load())
	}
}

// sentAgain counts a batch that was sent again.
func (s *Session) sentAgain(b *Batch) {
	s.figures.resent.Add(1)
	for _, d := range b.runs {
		d.lane.resent.Add(1)
	}
	s.journal.SentAgain(s.engine.now())
}

// logEnd logs that a channel has ended with an error. The end of its session is logged for all of
// them.
func (l *lane) logEnd(e *ClosedError) {
	if e.Cause != nil && l.id != 0 && l.s.ctx.Err() == nil {
		l.s.journal.ChannelEnded(l.id, l.name, l.in.ended.Load(), e.Reason, e.Cause)
	}
}
