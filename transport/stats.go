package transport

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/tailrace-go/tailrace/transport/internal/budget"
)

// Direction says which way a channel's messages go.
type Direction string

// The directions.
const (
	Down Direction = "down" // from Go to the page
	Up   Direction = "up"   // from the page to Go: the raw body of a call
	Both Direction = "both" // a Stream
)

// Rate is a number of messages and bytes a second, on average over the last two to two and a half
// seconds, or since the channel was opened if that is less; but never over less than half a second.
type Rate struct {
	Messages float64 `json:"messages"`
	Bytes    float64 `json:"bytes"`
}

// ChannelStats are the figures of one channel. Bytes are those of the wire: with frame headers and
// padding.
//
// A message is accepted when Send returns, sent when it is in a batch, has its receipt when the
// page has that batch, and is consumed when its callback has returned or the iterator has taken it.
type ChannelStats struct {
	// ID is the lane's number, Name the command that opened it.
	ID        uint32    `json:"id"`
	Name      string    `json:"name"`
	Direction Direction `json:"direction"`
	// OnFull is what Send does when the channel is full.
	OnFull string `json:"onFull"`
	// Closing says that the channel has ended, and the other side has not seen all of it yet.
	Closing bool `json:"closing,omitempty"`

	// Messages and Bytes count what is in batches, on its way or arrived. While a message in
	// fragments waits for its batches, Messages is lower by some of these, for good if the channel
	// ends then.
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
	// Credited is how many of these bytes the page has consumed, as far as it has told.
	Credited uint64 `json:"credited"`
	// Resent counts the batches with messages of this channel that were sent again. A page drops
	// what it already has.
	Resent uint64 `json:"resent"`
	// Depth is how many bytes the channel holds: of its ring, and of values with Latest and raw
	// results, what is not sent yet or without receipt.
	Depth int `json:"depth"`
	// Ring is the ring's size now: it grows up to RingBytes. 0 before the first message, and with
	// Latest, which has none: its values lie in memory of their own, and Depth counts them.
	Ring int `json:"ring"`
	// Lag is how many bytes were accepted and are not consumed by the page.
	Lag uint64 `json:"lag"`
	// Latency is how long the page took to consume what was sent: from a batch to the word that all
	// of it is consumed. It is measured on one batch at a time; while such a word is overdue, it
	// grows.
	Latency time.Duration `json:"latencyNs"`
	// Blocked is how long senders have waited for room, all together and those that wait now
	// included; Waiting is how many do.
	Blocked time.Duration `json:"blockedNs"`
	Waiting int           `json:"waiting"`
	// Replaced counts the values that a channel with Latest replaced before they were sent.
	Replaced uint64 `json:"replaced"`
	// Rate is that of Messages and Bytes.
	Rate Rate `json:"rate"`

	// Received and ReceivedBytes count the messages of the page that are whole, ReceivedRate is
	// theirs. Unread is how many bytes the page has sent and Go has not taken.
	Received      uint64 `json:"received"`
	ReceivedBytes uint64 `json:"receivedBytes"`
	ReceivedRate  Rate   `json:"receivedRate"`
	Unread        uint64 `json:"unread"`
}

func (l *lane) stats() ChannelStats {
	now := l.s.engine.now()
	st := ChannelStats{
		ID: l.id, Name: l.name, Direction: l.direction(),
		OnFull: OnFull(l.out.onFull.Load() &^ inUse).String(), Closing: l.end.why.Load() != nil,
		Replaced: l.out.replaced.Load(), Resent: l.drain.resent.Load(),
	}
	st.Blocked, st.Waiting = l.out.waits.Read(now)
	l.in.mu.Lock()
	st.Received, st.ReceivedBytes = l.in.whole.Messages, l.in.whole.Bytes
	st.ReceivedRate = Rate(l.in.meter.Rate(now))
	l.in.mu.Unlock()
	consumed, came := l.in.credit.consumed.Load(), l.in.credit.came.Load()
	// of a run that is being handled more may be consumed than has been counted
	st.Unread = came - min(came, consumed)

	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	st.Credited = l.page.credited.Load() // before what was sent: it is never more
	st.Messages, st.Bytes = l.messages(), l.drain.sent.Load()
	st.Rate = Rate(l.state.meter.Rate(now))
	st.Latency = l.state.latency.Read(now)
	st.Lag = st.Bytes - st.Credited
	for _, r := range l.state.rings {
		st.Depth += r.Len()
		st.Ring = r.Cap()
		drained := r.DrainPos()
		st.Lag += r.Tail() - drained
	}
	st.Depth += int(l.out.valueBytes.Load())
	if v := l.out.slot.Load(); v != nil && v.full {
		st.Lag += uint64(len(v.data))
	}
	return st
}

// messages is how many messages are in batches.
func (l *lane) messages() uint64 {
	frames := l.drain.seq.Load()
	return frames - uint64(min(l.out.extra.Load(), int64(frames)))
}

func (l *lane) direction() Direction {
	switch {
	case l.count == &l.s.lanes.uploads:
		return Up
	case l.in.window.Load() > 0:
		return Both
	}
	return Down
}

// Totals are sums over channels. Those that only grow include channels that are gone; Depth, Lag,
// Waiting, Unread and the rates are of the open ones.
type Totals struct {
	Messages      uint64        `json:"messages"`
	Bytes         uint64        `json:"bytes"`
	Credited      uint64        `json:"credited"`
	Resent        uint64        `json:"resent"`
	Replaced      uint64        `json:"replaced"`
	Blocked       time.Duration `json:"blockedNs"`
	Received      uint64        `json:"received"`
	ReceivedBytes uint64        `json:"receivedBytes"`
	Depth         int           `json:"depth"`
	Lag           uint64        `json:"lag"`
	Waiting       int           `json:"waiting"`
	Unread        uint64        `json:"unread"`
	Rate          Rate          `json:"rate"`
	ReceivedRate  Rate          `json:"receivedRate"`
}

func (t *Totals) add(o *Totals) {
	t.Messages += o.Messages
	t.Bytes += o.Bytes
	t.Credited += o.Credited
	t.Resent += o.Resent
	t.Replaced += o.Replaced
	t.Blocked += o.Blocked
	t.Received += o.Received
	t.ReceivedBytes += o.ReceivedBytes
	t.Depth += o.Depth
	t.Lag += o.Lag
	t.Waiting += o.Waiting
	t.Unread += o.Unread
	t.Rate.add(o.Rate)
	t.ReceivedRate.add(o.ReceivedRate)
}

func (r *Rate) add(o Rate) {
	r.Messages += o.Messages
	r.Bytes += o.Bytes
}

// totalsOf are the channel's part of a sum.
func totalsOf(st *ChannelStats) Totals {
	return Totals{
		st.Messages, st.Bytes, st.Credited, st.Resent, st.Replaced, st.Blocked, st.Received,
		st.ReceivedBytes,
		st.Depth, st.Lag, st.Waiting, st.Unread, st.Rate, st.ReceivedRate,
	}
}

// ended is what stays of t when its channels are gone.
func (t Totals) ended() Totals {
	t.Depth, t.Lag, t.Waiting, t.Unread, t.Rate, t.ReceivedRate = 0, 0, 0, 0, Rate{}, Rate{}
	return t
}

// SessionStats are the figures of one session.
type SessionStats struct {
	// Number counts the engine's sessions; the session's id is a secret, and not told here. Label
	// is the window's.
	Number uint64 `json:"number"`
	Label  string `json:"label"`
	Origin string `json:"origin"`
	// Age is the time since the page said hello.
	Age time.Duration `json:"ageNs"`
	// Carrier is the carrier's name, which may change in a session's life; Reason says why it is
	// this one, "" when the carrier does not say.
	Carrier string `json:"carrier"`
	Reason  string `json:"reason,omitempty"`
	// Batches and Bytes count what was handed to the carrier, what was sent again included.
	Batches uint64 `json:"batches"`
	Bytes   uint64 `json:"bytes"`
	// Resent counts batches that were sent again.
	Resent uint64 `json:"resent"`
	// Unreceipted is the number of batches without receipt now.
	Unreceipted int `json:"unreceipted"`
	// ReceivedBatches counts the page's batches that brought something.
	ReceivedBatches uint64 `json:"receivedBatches"`
	// Opened counts the lanes so far, Lanes those that are open: channels, and raw arguments and
	// results over 64 KiB.
	Opened uint64 `json:"opened"`
	Lanes  int    `json:"lanes"`
	// Events counts what Event and EventContext accepted so far, EventsRefused what they did not:
	// no room, a context that ended, too large, or the session's end.
	Events        uint64 `json:"events"`
	EventsRefused uint64 `json:"eventsRefused"`
	// Evals counts the scripts so far, those that found no room too. NativeEvals counts the ones
	// that were evaluated natively, because the page's Content-Security-Policy forbids eval.
	Evals       uint64 `json:"evals"`
	NativeEvals uint64 `json:"nativeEvals"`
	// Commands counts the calls so far, Running those that run now.
	Commands uint64 `json:"commands"`
	Running  int    `json:"running"`
	// Memory is the bytes that the session holds of Options.SessionBytes, Held says by what.
	Memory int64       `json:"memory"`
	Held   MemoryStats `json:"held"`
	// Channels sums up the channels, Control is lane 0: events, evals, commands and their results.
	Channels Totals       `json:"channels"`
	Control  ChannelStats `json:"control"`
}

// Stats returns the session's figures. It looks at every open channel.
func (s *Session) Stats() SessionStats {
	return SessionStats{
		Number: s.page.serial, Label: s.page.label, Origin: s.page.origin,
		Age:     s.engine.now() - s.page.opened,
		Carrier: s.carrier.Name(), Reason: s.journal.Reason(),
		Batches: s.down.receipts.batches.Load(), Bytes: s.down.receipts.bytes.Load(),
		Resent:      s.down.receipts.resent.Load(),
		Unreceipted: s.down.receipts.unreceipted(), ReceivedBatches: s.up.receipt.Load(),
		Opened: s.lanes.opened.Load(), Lanes: s.lanes.open.Size(),
		Events: s.events.accepted.Load(), EventsRefused: s.events.refused.Load(),
		Evals: s.evals.last.Load(), NativeEvals: s.evals.natives.Load(),
		Commands: s.calls.count.Load(), Running: s.calls.running.Size(),
		Memory:   s.budget.Used(),
		Held:     memoryStats(&s.budget),
		Channels: s.totals(), Control: s.lanes.control.stats(),
	}
}

// totals sums up the channels, those that are gone too.
func (s *Session) totals() Totals {
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	sum := s.lanes.gone
	s.lanes.open.Range(func(_ uint32, l *lane) bool {
		st := l.stats()
		t := totalsOf(&st)
		sum.add(&t)
		return true
	})
	return sum
}

// Channels iterates over the figures of the open channels, in the order of their ids: the page's
// channels, and the lanes of raw arguments and results over 64 KiB. Each is read when its turn
// comes.
func (s *Session) Channels() iter.Seq[ChannelStats] {
	return func(yield func(ChannelStats) bool) {
		var open []*lane
		s.lanes.open.Range(func(_ uint32, l *lane) bool {
			open = append(open, l)
			return true
		})
		slices.SortFunc(open, func(a, b *lane) int { return cmp.Compare(a.id, b.id) })
		for _, l := range open {
			if !yield(l.stats()) {
				return
			}
		}
	}
}

// EngineStats are the figures of all sessions.
type EngineStats struct {
	// Opened counts the sessions so far.
	Opened uint64 `json:"opened"`
	// Sums over all sessions, those that have ended too; see SessionStats.
	Batches         uint64 `json:"batches"`
	Bytes           uint64 `json:"bytes"`
	Resent          uint64 `json:"resent"`
	ReceivedBatches uint64 `json:"receivedBatches"`
	Events          uint64 `json:"events"`
	EventsRefused   uint64 `json:"eventsRefused"`
	Evals           uint64 `json:"evals"`
	NativeEvals     uint64 `json:"nativeEvals"`
	Commands        uint64 `json:"commands"`
	Channels        Totals `json:"channels"`
	// Sums over the open sessions.
	Running int   `json:"running"`
	Lanes   int   `json:"lanes"`
	Memory  int64 `json:"memory"`
	// Sessions are the open ones, in the order of their opening.
	Sessions []SessionStats `json:"sessions"`
}

// add counts a session's figures in; over: the session has ended, and only what grows is counted.
func (st *EngineStats) add(s *SessionStats, over bool) {
	st.Batches += s.Batches
	st.Bytes += s.Bytes
	st.Resent += s.Resent
	st.ReceivedBatches += s.ReceivedBatches
	st.Events += s.Events
	st.EventsRefused += s.EventsRefused
	st.Evals += s.Evals
	st.NativeEvals += s.NativeEvals
	st.Commands += s.Commands
	channels := s.Channels
	if over {
		channels = channels.ended()
	} else {
		st.Running += s.Running
		st.Lanes += s.Lanes
		st.Memory += s.Memory
	}
	st.Channels.add(&channels)
}

// Stats returns the figures of all sessions. It looks at every open channel.
func (e *Engine) Stats() EngineStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	sum := e.gone
	sum.Opened = e.serial
	sum.Sessions = make([]SessionStats, 0, len(e.sessions))
	for _, s := range e.sessions {
		st := s.Stats()
		over := s.ctx.Err() != nil // its memory is just being given back
		sum.add(&st, over)
		if !over {
			sum.Sessions = append(sum.Sessions, st)
		}
	}
	return sum
}

// MemoryStats says what holds a session's memory, in bytes. Their sum is at most
// Options.SessionBytes, and a quarter more for what the page sends; besides, one result and one
// script may be larger than what is left.
type MemoryStats struct {
	// Rings are those of channels and of lane 0, with their stamps.
	Rings int64 `json:"rings"`
	// Lanes are what each lane takes beside its ring.
	Lanes int64 `json:"lanes"`
	// Messages of the page that Go has not received, Fragments of those that have not come whole,
	// Early batches that came before their turn, Requests that wait to be handled.
	Messages  int64 `json:"messages"`
	Fragments int64 `json:"fragments"`
	Early     int64 `json:"early"`
	Requests  int64 `json:"requests"`
	// Commands are those that run or wait, with their names, headers and bodies.
	Commands int64 `json:"commands"`
	// Results are those that wait for room in lane 0, and those over 64 KiB of raw bytes that the
	// page has not received.
	Results int64 `json:"results"`
	// Latest are the values of channels with Latest that the page has not received.
	Latest int64 `json:"latest"`
	// Scripts are the sources of evals that the page has not handled.
	Scripts int64 `json:"scripts"`
	// Readers are what pages at resumable channels have decoded.
	Readers int64 `json:"readers"`
	// Waiting is what results and scripts hold that wait for room. It is not part of the sum, and
	// at most as much again.
	Waiting int64 `json:"waiting"`
}

// memoryStats are the figures of a session's budget.
func memoryStats(b *budget.Budget) MemoryStats {
	of, waiting := b.Held()
	return MemoryStats{
		Rings: of[budget.Rings], Lanes: of[budget.Lanes], Messages: of[budget.Messages],
		Fragments: of[budget.Fragments], Early: of[budget.Early],
		Requests: of[budget.Requests], Commands: of[budget.Commands], Results: of[budget.Results],
		Latest:  of[budget.Latest],
		Scripts: of[budget.Scripts], Readers: of[budget.Readers], Waiting: waiting,
	}
}
