package transport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/internal/wire"
)

// Resumable is a channel with a name that outlives pages: it keeps its newest messages, compressed
// and bounded in bytes, and pages attach to it, after a reload too, from where their window stopped
// or from any message that is still kept. The page calls tailrace.resume(name); the policy is asked
// for ActionResume.
//
// Each message has a sequence number, from 1 on without a gap. A page gets every one from its first
// on, in order and once, or its channel ends with an error: code too_late (TooLateError) when what
// it asks for is not kept any more.
//
// Pages attach as readers or as observers. A reader holds Send back: nothing is dropped that it has
// not consumed. An observer never does; it ends with too_late when it falls behind what is kept.
// While no reader is attached, the oldest messages are dropped for new ones, unless
// ResumableOptions.WaitForReader.
//
// All methods may be called from any goroutine, any number of them at once.
type Resumable[T any] struct {
	r     *resumable
	codec Codec
}

// ResumableOptions are set by NewResumable. The zero value of each field is its default.
type ResumableOptions struct {
	// HistoryBytes bounds the memory of what is kept: compressed blocks with what they cost beside
	// their bytes, and the block of 64 KiB that is being filled. 256 KiB to 1 GiB, default 16 MiB.
	// A message may have a fourth of it. Beside it each attached page takes one decoded block: 64
	// KiB, or the message that is larger; and as any channel a ring, of its session's memory.
	HistoryBytes int
	// Readers is how many pages, observers included, may be attached at once. 1 to 4096, default
	// 64.
	Readers int
	// WaitForReader keeps, while no reader is attached, what the last one has not consumed (all,
	// before the first one): Send waits when that fills the history. For what no reload may lose,
	// however fast it is sent.
	WaitForReader bool
	// Codec encodes the messages. Default: the engine's.
	Codec Codec
}

const (
	minHistory = 4 * historyBlockBytes
	maxHistory = 1 << 30
	maxReaders = 4096
	// maxResumableName is the longest name, in bytes.
	maxResumableName = 256
)

func (o ResumableOptions) withDefaults(e *Engine) (ResumableOptions, error) {
	fill(&o.HistoryBytes, 16<<20)
	fill(&o.Readers, 64)
	if o.Codec == nil {
		o.Codec = e.opt.Codec
	}
	var errs []error
	if o.HistoryBytes < minHistory || o.HistoryBytes > maxHistory {
		errs = append(errs, fmt.Errorf("option HistoryBytes is %d, must be %d to %d",
			o.HistoryBytes, minHistory, maxHistory))
	}
	if o.Readers < 1 || o.Readers > maxReaders {
		errs = append(errs, fmt.Errorf("option Readers is %d, must be 1 to %d", o.Readers,
			maxReaders))
	}
	return o, errors.Join(errs...)
}

// errNotMade is a Resumable that is nil or zero.
var errNotMade = fmt.Errorf("transport: a Resumable must be made with NewResumable: %w", ErrUnbound)

// ErrNameTaken is a name that another resumable channel of the engine has: Discard that one first.
var ErrNameTaken = errors.New("transport: a resumable channel of that name exists")

// NewResumable makes a resumable channel, which lives as long as the engine, or until Discard. The
// name, by which pages attach, is UTF-8 without control characters, * and ?, of 1 to 256 bytes. T
// []byte crosses as raw bytes, everything else through the codec. Errors: ErrNameTaken, a bad name,
// options out of their bounds, a nil engine.
func NewResumable[T any](e *Engine, name string, o ResumableOptions) (*Resumable[T], error) {
	if e == nil {
		return nil, errors.New("transport: resumable channel: the engine is nil")
	}
	o, err := o.withDefaults(e)
	if bad := func(r rune) bool {
		return r < ' ' || r == 0x7f || r == '*' || r == '?'
	}; name == "" ||
		len(name) > maxResumableName || !utf8.ValidString(name) || strings.ContainsFunc(name, bad) {
		err = errors.Join(err, fmt.Errorf("the name %.40q is not 1 to %d bytes of UTF-8 without "+
			"control characters, * and ?", name, maxResumableName))
	}
	if err != nil {
		return nil, fmt.Errorf("transport: resumable channel: %w", err)
	}
	r := &resumable{e: e, name: name, generation: generations.Add(1), opt: o, kind: wire.JSON,
		h: newHistory(o.HistoryBytes), places: map[place]*stop{}}
	if _, ok := any(*new(T)).([]byte); ok {
		r.kind = wire.Bytes
	}
	if _, taken := e.resumables.LoadOrStore(name, r); taken {
		return nil, fmt.Errorf("%w: %q", ErrNameTaken, name)
	}
	return &Resumable[T]{r, o.Codec}, nil
}

// Send accepts v, or waits until ctx ends for the slowest reader to consume what would have to be
// dropped. It copies: the caller keeps v. Errors: ErrUnbound for one that is nil, ErrClosed (a
// *ClosedError), the cause of ctx, ErrTooLarge, or the codec's.
func (r *Resumable[T]) Send(ctx context.Context, v T) error {
	return r.send(contexts.OrBackground(ctx), v)
}

// TrySend is Send without waiting: ErrFull when a reader still needs what would be dropped, or
// others wait.
func (r *Resumable[T]) TrySend(v T) error { return r.send(noWait, v) }

func (r *Resumable[T]) send(ctx context.Context, v T) error {
	if !r.ready() {
		return errNotMade
	}
	if b, ok := any(v).([]byte); ok {
		return r.r.send(ctx, b)
	}
	p := encoded.Get().(*[]byte)
	defer encoded.Put(p)
	data, err := encode(r.codec, (*p)[:0], v)
	if err != nil {
		return fmt.Errorf("transport: failed to encode a message: %w", err)
	}
	if cap(data) <= 1<<20 {
		*p = data
	}
	return r.r.send(ctx, data)
}

// Close ends the channel for senders; those that wait get ErrClosed. Pages, also those that attach
// later, get all that is kept, and then their channels close. The memory stays until Discard.
// Further calls do nothing.
func (r *Resumable[T]) Close() {
	if r.ready() {
		r.r.close(&ClosedError{Reason: "closed by Go"})
	}
}

// CloseWithError is Close with an error that the pages' channels end with. A *Error keeps its code
// and detail.
func (r *Resumable[T]) CloseWithError(err error) {
	if err == nil {
		err = errors.New("channel was closed with an error")
	}
	if r.ready() {
		r.r.close(closing(r.r.e.opt.Logger, err))
	}
}

// Discard closes the channel, ends those of the pages at once, forgets its messages and frees its
// name.
func (r *Resumable[T]) Discard() {
	if r.ready() {
		r.r.discard()
	}
}

// Stats returns the channel's figures.
func (r *Resumable[T]) Stats() ResumableStats {
	if !r.ready() {
		return ResumableStats{}
	}
	return r.r.stats()
}

// ready reports whether NewResumable has made it.
func (r *Resumable[T]) ready() bool { return r != nil && r.r != nil }

// ErrTooLate is a sequence that is not kept any more. The error is a *TooLateError.
var ErrTooLate = errors.New("transport: too late")

// CodeTooLate is the code of a TooLateError in the page; its detail is {"wanted", "oldest"}.
const CodeTooLate = "too_late"

// TooLateError says that what a page needs of a resumable channel is not kept any more. It is
// ErrTooLate, and crosses to the page as an *Error with CodeTooLate.
type TooLateError struct {
	// Name is the channel's.
	Name string
	// Wanted is the sequence that was asked for, or that an observer would have got next; Oldest
	// the oldest one that is kept.
	Wanted, Oldest uint64
}

func (e *TooLateError) Error() string {
	return fmt.Sprintf("transport: too late: %q has nothing before sequence %d any more, %d is "+
		"needed: begin with \"oldest\", or raise ResumableOptions.HistoryBytes", e.Name, e.Oldest,
		e.Wanted)
}

// Is makes every TooLateError an ErrTooLate.
func (e *TooLateError) Is(target error) bool { return target == ErrTooLate }

// As makes it the *Error that crosses to the page.
func (e *TooLateError) As(target any) bool {
	p, ok := target.(**Error)
	if ok {
		*p = &Error{
			CodeTooLate, e.Error(), map[string]uint64{"wanted": e.Wanted, "oldest": e.Oldest},
		}
	}
	return ok
}

// generations counts the resumable channels of the process.
var generations atomic.Uint64

// resumable is a Resumable of any type of message.
type resumable struct {
	e          *Engine
	name       string
	generation uint64 // from 1 on
	opt        ResumableOptions
	kind       wire.Kind

	mu      sync.Mutex
	h       history
	readers []*reader          // attached, in the order of their attaching
	places  map[place]*stop    // where windows stopped
	clock   uint64             // counts what happened in places
	held    uint64             // consumed by the reader that was the last one to leave
	senders fifo[*blockedSend] // in the order of their calls
	end     *ClosedError
	// discarded: end is that of Discard, and nothing is kept.
	discarded bool
}

// blockedSend is a Send that waits. Who makes room adds its message for it, so that the order of
// calls is that of the messages.
type blockedSend struct {
	message []byte
	// capacity one: its result. Who puts it there takes the send out of the queue, under mu
	done chan error
}

// send accepts one message.
func (r *resumable) send(ctx context.Context, message []byte) error {
	if len(message) > r.e.opt.MaxMessage {
		return ErrTooLarge
	}
	if len(message) > r.opt.HistoryBytes/4 {
		return fmt.Errorf("%w, or over a fourth of ResumableOptions.HistoryBytes", ErrTooLarge)
	}
	var over <-chan struct{}
	if ctx != noWait {
		over = ctx.Done() // now: it is the app's, and may panic
	}
	r.mu.Lock()
	if r.end != nil {
		defer r.mu.Unlock()
		return r.end
	}
	if r.senders.len() == 0 && r.h.add(message, r.floor()) {
		r.wake()
		r.mu.Unlock()
		return nil
	}
	if ctx == noWait {
		r.mu.Unlock()
		return ErrFull
	}
	b := &blockedSend{message: message, done: make(chan error, 1)}
	r.senders.push(b)
	r.mu.Unlock()
	select {
	case err := <-b.done:
		return err
	case <-over:
	}
	if err, done := r.giveUp(b); done {
		return err
	}
	return context.Cause(ctx)
}

// giveUp takes back a send that waits, unless it is done.
func (r *resumable) giveUp(b *blockedSend) (err error, done bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case err := <-b.done:
		return err, true
	default:
	}
	r.senders.deleteFunc(func(o *blockedSend) bool { return o == b })
	r.grant() // who is next may need less
	return nil, false
}

// floor is the last message that may be dropped. The caller holds mu.
func (r *resumable) floor() uint64 {
	floor := uint64(everything)
	if r.opt.WaitForReader {
		floor = r.held
	}
	attached := false
	for _, rd := range r.readers {
		if !rd.observer {
			if !attached {
				floor, attached = everything, true
			}
			floor = min(floor, rd.consumed)
		}
	}
	return floor
}

// grant adds the messages of those who wait, as far as there is room. The caller holds mu.
func (r *resumable) grant() {
	added := false
	for floor := r.floor(); r.senders.len() > 0; {
		if !r.h.add((*r.senders.front()).message, floor) {
			break
		}
		added = true
		r.senders.pop().done <- nil
	}
	if added {
		r.wake()
	}
}

// wake rings the readers that have read everything. The caller holds mu.
func (r *resumable) wake() {
	for _, rd := range r.readers {
		if rd.parked {
			rd.parked = false
			rd.ring()
		}
	}
}

func (r *resumable) close(e *ClosedError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closeLocked(e)
}

func (r *resumable) closeLocked(e *ClosedError) {
	if r.end != nil {
		return
	}
	r.end = e
	for r.senders.len() > 0 {
		r.senders.pop().done <- e
	}
	r.wake()
}

var errDiscarded = errors.New("the channel was discarded")

func (r *resumable) discard() {
	e := closing(r.e.opt.Logger, errDiscarded)
	r.mu.Lock()
	r.closeLocked(e)
	r.end, r.discarded = e, true
	readers := slices.Clone(r.readers)
	r.h.drop()
	r.mu.Unlock()
	r.e.pass(gapDiscarded)
	r.e.resumables.Compute(r.name, func(now *resumable, loaded bool) (*resumable, bool) {
		return now, !loaded || now == r
	})
	for _, rd := range readers {
		rd.lane.finish(e, true)
	}
}
