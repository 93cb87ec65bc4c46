package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/tailrace-go/tailrace/internal/wire"
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
	rd, err := r.attach(s, a)
	if err != nil {
		return nil, err
	}
	if err := rd.send(wire.JSON, fmt.Appendf(nil, `{"first":%d,"generation":%d}`, rd.cur.next,
		r.generation)); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
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

// place is what "last" goes by: a window, and whether its page observes.
type place struct {
	label    string
	observer bool
}

// stop is how far the pages of a place have come.
type stop struct {
	reader   *reader // that attached last, while it is attached
	consumed uint64  // of the one before
	at       uint64  // when it changed, by the channel's clock
}

// maxPlaces bounds how many windows' places are kept; the one that was not used for the longest
// time is forgotten.
const maxPlaces = 1024

// attach registers a reader that begins where the page wants.
func (r *resumable) attach(s *Session, a resumeArgs) (*reader, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// the new reader may need less than what was held for nobody; and of those before, credit may
	// be settled here
	defer r.grant()
	if r.discarded { // under mu: it is set before the name is free again
		return nil, &Error{
			CodeUnknownChannel, fmt.Sprintf("there is no resumable channel %.40q any more", r.name),
			nil,
		}
	}
	// a page that is gone, or has closed, whose pump may not know it yet
	for _, rd := range slices.Clone(r.readers) {
		if l := rd.lane; l.s.ctx.Err() != nil || l.in.ended.Load() && l.err() != nil {
			r.detach(rd)
		}
	}
	if len(r.readers) >= r.opt.Readers {
		return nil, &Error{
			CodeBusy, fmt.Sprintf("%d pages are attached to %q already: raise "+
				"ResumableOptions.Readers", len(r.readers), r.name), nil,
		}
	}
	key := place{s.label, a.Observer}
	first := r.h.oldest()
	switch a.From.word {
	case "newest":
		first = r.h.next
	case "oldest":
	case "last":
		if a.Stopped.Generation == r.generation {
			first = a.Stopped.Sequence + 1
		} else if p := r.places[key]; p != nil {
			first = p.last() + 1
		}
	default:
		first = a.From.sequence
	}
	switch {
	case first < r.h.oldest():
		return nil, &TooLateError{Name: r.name, Wanted: first, Oldest: r.h.oldest()}
	case first > r.h.next:
		return nil, &Error{
			CodeBadArguments, fmt.Sprintf(
				"sequence %d of %q does not exist yet, the next one is %d", first, r.name,
				r.h.next), map[string]uint64{"next": r.h.next},
		}
	}
	rd, err := newReader(r, a.Channel.lane, key, first)
	if err != nil {
		return nil, err
	}
	r.readers = append(r.readers, rd)
	r.clock++
	p := r.places[key]
	if p == nil {
		r.forgetPlace()
		p = &stop{}
		r.places[key] = p
	}
	p.reader, p.at = rd, r.clock
	return rd, nil
}

// last is how far the place has come. The channel's mu is held.
func (p *stop) last() uint64 {
	if p.reader != nil {
		p.reader.settle()
		return p.reader.consumed
	}
	return p.consumed
}

// forgetPlace makes room for another place.
func (r *resumable) forgetPlace() {
	if len(r.places) < maxPlaces {
		return
	}
	var oldest place
	at := r.clock
	for key, p := range r.places {
		if p.reader == nil && p.at < at {
			oldest, at = key, p.at
		}
	}
	delete(r.places, oldest)
}

// detach ends a reader's hold on the history, and notes where it stopped. Only the first call
// counts. The caller holds mu.
func (r *resumable) detach(rd *reader) {
	i := slices.Index(r.readers, rd)
	if i < 0 {
		return
	}
	r.readers = slices.Delete(r.readers, i, i+1)
	rd.settle()
	if !rd.observer {
		r.held = rd.consumed
	}
	if p := r.places[rd.place]; p != nil && p.reader == rd {
		r.clock++
		*p = stop{consumed: rd.consumed, at: r.clock}
	}
	r.grant()
}
