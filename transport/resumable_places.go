package transport

// place is what "last" goes by: a window, and whether its page observes.
type place struct {
	label    string
	observer bool
}

// stop is how far the pages of a place have come.
type stop struct {
	reader   *reader // that attached last, while it is attached
	epoch    uint64  // what consumed belongs to
	consumed uint64  // of the one before
	at       uint64  // when it changed, by the clock of places
}

// places are where windows have stopped in a resumable channel. Guarded by the channel's mu.
type places struct {
	stops map[place]*stop
	clock uint64 // counts what happened
}

// maxPlaces bounds how many windows' places are kept; the one that was not used for the longest
// time is forgotten.
const maxPlaces = 1024

// attached notes the reader that attached last.
func (p *places) attached(rd *reader) {
	p.clock++
	s := p.stops[rd.place]
	if s == nil {
		p.forget()
		s = &stop{}
		p.stops[rd.place] = s
	}
	s.reader, s.epoch, s.at = rd, rd.epoch, p.clock
}

// left notes where a reader has stopped, unless another one has the place.
func (p *places) left(rd *reader) {
	if s := p.stops[rd.place]; s != nil && s.reader == rd {
		p.clock++
		*s = stop{epoch: rd.epoch, consumed: rd.consumed, at: p.clock}
	}
}

// last is the last message of the epoch that the place has consumed, if that is known.
func (p *places) last(key place, epoch uint64) (sequence uint64, known bool) {
	s := p.stops[key]
	if s == nil || s.epoch != epoch {
		return 0, false
	}
	if s.reader != nil {
		s.reader.settle()
		return s.reader.consumed, true
	}
	return s.consumed, true
}

// forget makes room for another place.
func (p *places) forget() {
	if len(p.stops) < maxPlaces {
		return
	}
	var oldest place
	at := p.clock
	for key, s := range p.stops {
		if s.reader == nil && s.at < at {
			oldest, at = key, s.at
		}
	}
	delete(p.stops, oldest)
}
