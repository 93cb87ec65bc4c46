package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/history"
)

// CommandResume is the command by which a page attaches to a resumable channel. Its arguments are
//
//	{"name", "from", "observer", "channel", "stopped"}
//
// from is "last" (default: behind what this window's page before had consumed; without one,
// "oldest"), "oldest" (that is kept), "newest" (only what is accepted from now on) or a sequence.
//
// The channel's first message is JSON, {"first", "generation"}: the sequence of the message that
// follows, each then having the next one; and a number that is another one when a discarded
// channel's name is used again. A page that had the channel already says with stopped,
// {"generation", "sequence"}, what it was handed last: "last" then goes by that. Before a page
// closes its channel it may send that sequence on it, as JSON.
const CommandResume = "plugin:tailrace|resume"

type resumeArgs struct {
	Name     string
	From     from
	Observer bool
	Channel  *wordChannel
	Stopped  struct{ Generation, Sequence uint64 }
}

// wordChannel is a channel on which the page may send as much as its last word takes.
type wordChannel struct {
	Channel[json.RawMessage]
}

func (c *wordChannel) UnmarshalJSON(data []byte) error {
	return c.connect(data, func(*lane) int64 { return 4 << 10 })
}

// from is where a page wants to begin.
type from struct {
	word     string // "" for a sequence
	sequence uint64
}

func (f *from) UnmarshalJSON(data []byte) error {
	switch word := string(bytes.Trim(data, `"`)); {
	case word == "last" || word == "oldest" || word == "newest":
		f.word = word
	default:
		n, err := strconv.ParseUint(string(data), 10, 64)
		if err != nil || n == 0 {
			return fmt.Errorf(
				`from is %.40s, must be "last", "oldest", "newest" or a sequence from 1 on`, data)
		}
		f.word, f.sequence = "", n
	}
	return nil
}

// resume is the command's handler.
func (e *Engine) resume(ctx context.Context, a resumeArgs) (any, error) {
	s := SessionFrom(ctx)
	if err := s.Check(ActionResume, a.Name); err != nil {
		return nil, err
	}
	r, ok := e.resumables.Load(a.Name)
	if !ok {
		return nil, &Error{
			CodeUnknownChannel, fmt.Sprintf("there is no resumable channel %.40q", a.Name), nil,
		}
	}
	if a.From == (from{}) {
		a.From.word = "last"
	}
	rd, err := r.attach(ctx, s, a)
	if err != nil {
		return nil, err
	}
	if err := rd.send(wire.JSON, fmt.Appendf(nil, `{"first":%d,"generation":%d}`, rd.begin,
		rd.epoch)); err != nil {
		r.detach(rd)
		return nil, err
	}
	a.Channel.Keep()
	go rd.pump(ctx)
	return nil, nil
}

// CodeUnknownChannel is the code of an attempt to attach to a resumable channel that does not
// exist.
const CodeUnknownChannel = "unknown_channel"

// attach registers a reader that begins where the page wants.
func (r *resumable) attach(ctx context.Context, s *Session, a resumeArgs) (*reader, error) {
	rd := &reader{r: r, place: place{s.page.label, a.Observer}, lane: a.Channel.lane,
		bell: make(chan struct{}, 1)}
	seated, attached := false, false
	defer func() { // whatever a store does
		r.mu.Lock()
		if seated {
			r.attaching--
		}
		if !attached {
			r.release(rd.hold)
		}
		r.unlock()
	}()
	if err := r.seat(&seated); err != nil {
		return nil, err
	}
	if err := rd.locate(ctx, &a); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.unlock()
	if r.discarded { // under mu: it is set before the name is free again
		return nil, r.unknown()
	}
	if !rd.lane.page.bell.CompareAndSwap(nil, &rd.bell) {
		return nil, &Error{CodeBadArguments, "the channel is attached already: make a new one", nil}
	}
	attached = true
	r.readers = append(r.readers, rd)
	r.places.attached(rd)
	if !rd.observer { // what was held for nobody
		r.release(r.spare)
		r.spare = nil
	}
	return rd, nil
}

// unknown is the error of a channel that was discarded.
func (r *resumable) unknown() *Error {
	return &Error{
		CodeUnknownChannel, fmt.Sprintf("there is no resumable channel %.40q any more", r.name),
		nil,
	}
}

// seat takes a place among the readers for one that is yet to attach, and says when it has.
func (r *resumable) seat(seated *bool) error {
	r.mu.Lock()
	defer r.unlock()
	if r.discarded {
		return r.unknown()
	}
	// a page that is gone, or has closed, whose pump may not know it yet
	for _, rd := range slices.Clone(r.readers) {
		if l := rd.lane; l.s.ctx.Err() != nil || l.in.ended.Load() && l.err() != nil {
			r.remove(rd)
		}
	}
	if n := len(r.readers) + r.attaching; n >= r.opt.Readers {
		return &Error{
			CodeBusy,
			fmt.Sprintf("%d pages are attached to %q already: raise "+
				"ResumableOptions.Readers", n, r.name), nil,
		}
	}
	r.attaching++
	*seated = true
	return nil
}

// locate finds out where a new reader begins, and has the store hold what it needs.
func (rd *reader) locate(ctx context.Context, a *resumeArgs) error {
	r := rd.r
	st, err := r.state(ctx)
	if err != nil {
		return err
	}
	rd.epoch = st.Epoch
	first, oldest := r.first(rd.place, a, &st)
	rd.startAt(first)
	if err := rd.exists(&st); err != nil {
		return err
	}
	if h := r.store.holder; h != nil && !rd.observer {
		hold, err := h.Hold(ctx, rd.begin-1)
		if err != nil {
			return r.storeFailed(err)
		}
		rd.hold = &held{hold: hold, after: rd.begin - 1}
		// What was dropped before is dropped.
		if st, err = r.state(ctx); err != nil {
			return err
		}
		if st.Epoch != rd.epoch {
			return r.renumbered("numbers anew")
		}
		if oldest {
			rd.startAt(st.Oldest) // what it holds before is not there
		}
		if err := rd.exists(&st); err != nil {
			return err
		}
	}
	if r.store.dense || rd.begin > st.Newest {
		return nil // there are no gaps, or nothing is there yet
	}
	return rd.lookAhead(ctx, oldest)
}

// maxLookAhead is how often a reader that begins with the oldest message may find it dropped.
const maxLookAhead = 16

// lookAhead has a new reader begin with the first message that is there: sequences may have gaps.
func (rd *reader) lookAhead(ctx context.Context, oldest bool) error {
	for tries := 1; ; tries++ {
		var b history.Block
		err := rd.r.store.Read(ctx, rd.epoch, rd.begin, &b)
		if err == nil {
			if sequence, _, ok := b.Next(); ok {
				rd.startAt(sequence)
			}
			return nil
		}
		trimmed, is := err.(*history.TrimmedError)
		if !is || !oldest || trimmed.Oldest <= rd.begin || tries == maxLookAhead {
			return rd.readFailed(err)
		}
		rd.startAt(trimmed.Oldest)
	}
}

// startAt has the reader begin with that sequence.
func (rd *reader) startAt(first uint64) {
	rd.begin, rd.want, rd.consumed = first, first, first-1
}

// exists reports whether the reader may begin where it does.
func (rd *reader) exists(st *history.State) error {
	switch name := rd.r.name; {
	case rd.begin < st.Oldest:
		return &TooLateError{Name: name, Wanted: rd.begin, Oldest: st.Oldest}
	case rd.begin > st.Newest+1:
		return &Error{
			CodeBadArguments,
			fmt.Sprintf(
				"sequence %d of %q does not exist yet, the next one is %d", rd.begin, name,
				st.Newest+1), map[string]uint64{"next": st.Newest + 1},
		}
	}
	return nil
}

// first is the sequence that a page wants to begin with, and whether it is the oldest, whichever
// that is.
func (r *resumable) first(
	key place, a *resumeArgs, st *history.State,
) (sequence uint64, oldest bool) {
	switch a.From.word {
	case "":
		return a.From.sequence, false
	case "newest":
		return st.Newest + 1, false
	case "last":
		if a.Stopped.Generation == st.Epoch {
			return a.Stopped.Sequence + 1, false
		}
		r.mu.Lock()
		defer r.unlock()
		if last, known := r.places.last(key, st.Epoch); known {
			return last + 1, false
		}
	}
	return st.Oldest, true
}

// detach ends a reader's hold on the history, and notes where it stopped. Only the first call
// counts.
func (r *resumable) detach(rd *reader) {
	r.mu.Lock()
	defer r.unlock()
	r.remove(rd)
}

// remove is detach by who holds mu.
func (r *resumable) remove(rd *reader) {
	rd.unpark() // it may have parked behind its seat
	i := slices.Index(r.readers, rd)
	if i < 0 {
		return
	}
	r.readers = slices.Delete(r.readers, i, i+1)
	rd.settle()
	r.places.left(rd)
	hold := rd.hold
	rd.hold = nil // what it consumes from now on counts no more
	if r.opt.WaitForReader && !rd.observer && !r.discarded &&
		!slices.ContainsFunc(r.readers, func(o *reader) bool { return !o.observer }) {
		r.release(r.spare)
		r.spare = hold
		r.moveBack(hold, rd.consumed) // its last word may be that it has less than its credit says
		return
	}
	r.release(hold)
}

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
