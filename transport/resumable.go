package transport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/history"
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
// What is kept is kept by a history.Store: in the memory of the process, unless
// ResumableOptions.Store is another one. That may take its time, and fail. A Send whose message it
// has not kept gives its error. A page whose messages it can't read is tried again for 3.1 s; then
// the page's channel ends with the code store_failed (CodeStore), as does the call of a page that
// attaches meanwhile. When the store was wiped, or its numbers have a gap, pages' channels end with
// the code renumbered (CodeRenumbered): who resumes again gets what is kept.
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
	// Store keeps the messages, within bounds of its own: HistoryBytes is 0 then. It stays the
	// app's: Discard leaves it as it is, and several channels may have the same one. One that is no
	// history.Holder keeps nothing for slow readers: they end with too_late like observers, and
	// WaitForReader is refused. One that is no history.Local has no TrySend, and figures that may
	// be a little old. Default: a history.Memory of the channel's own.
	Store history.Store
	// Codec encodes the messages. Default: the engine's.
	Codec Codec
}

const (
	maxReaders = 4096
	// maxResumableName is the longest name, in bytes.
	maxResumableName = 256
)

func (o ResumableOptions) withDefaults(e *Engine) (ResumableOptions, error) {
	var errs []error
	if o.Store == nil {
		fill(&o.HistoryBytes, 16<<20)
		if o.HistoryBytes < history.MinMemory || o.HistoryBytes > history.MaxMemory {
			errs = append(errs, fmt.Errorf("option HistoryBytes is %d, must be %d to %d",
				o.HistoryBytes, history.MinMemory, history.MaxMemory))
		}
	} else if o.HistoryBytes != 0 {
		errs = append(errs, errors.New("option HistoryBytes is of no use with Store, which has "+
			"bounds of its own"))
	}
	if m, ok := o.Store.(*history.Memory); ok && (m == nil || m.Now().Epoch == 0) {
		errs = append(errs, errors.New("option Store is a history.Memory that NewMemory has not "+
			"made"))
	}
	fill(&o.Readers, 64)
	if o.Codec == nil {
		o.Codec = e.opt.Codec
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
// options out of their bounds, a nil engine. With both Store and WaitForReader it waits for the
// store's Hold.
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
	r := &resumable{e: e, name: name, opt: o, kind: wire.JSON,
		places: places{stops: map[place]*stop{}}}
	if _, ok := any(*new(T)).([]byte); ok {
		r.kind = wire.Bytes
	}
	if err := r.keep(); err != nil {
		return nil, fmt.Errorf("transport: resumable channel: %w", err)
	}
	if _, taken := e.resumables.LoadOrStore(name, r); taken {
		r.abandon()
		return nil, fmt.Errorf("%w: %q", ErrNameTaken, name)
	}
	return &Resumable[T]{r, o.Codec}, nil
}

// Send accepts v, or waits until ctx ends for the slowest reader to consume what would have to be
// dropped, and for the store. Messages get in by the order of the calls. It copies: the caller
// keeps v. With an error the message was not accepted, unless that is history.ErrUncertain. Errors:
// ErrUnbound for one that is nil, ErrClosed (a *ClosedError), the cause of ctx, ErrTooLarge, the
// codec's, or ErrStore with that of the store.
func (r *Resumable[T]) Send(ctx context.Context, v T) error {
	return r.send(contexts.OrBackground(ctx), v)
}

// TrySend is Send without waiting: ErrFull when a reader still needs what would be dropped, or
// others wait; errors.ErrUnsupported if the store is no history.Local.
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

// Discard closes the channel, ends those of the pages at once, forgets its messages, unless they
// are in ResumableOptions.Store, and frees its name.
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

// CodeStore is the code, in a page, of a resumable channel whose store has failed.
const CodeStore = "store_failed"

// CodeRenumbered is the code with which a page's resumable channel ends when the sequences of its
// store do not go on as they were: the store was wiped, or has a gap. Nothing of what it keeps is
// missed by a page that resumes again.
const CodeRenumbered = "renumbered"

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

// ResumableStats are the figures of one resumable channel. They are meant to be printed as JSON,
// too.
type ResumableStats struct {
	Name string `json:"name"`
	// Oldest is the sequence of the oldest message that is kept, Newest that of the newest one that
	// was accepted. Oldest is Newest+1 when none is kept.
	Oldest uint64 `json:"oldest"`
	Newest uint64 `json:"newest"`
	// RawBytes is what the kept messages take without compression, Bytes the memory that they take,
	// of HistoryBytes.
	RawBytes     int `json:"rawBytes"`
	Bytes        int `json:"bytes"`
	HistoryBytes int `json:"historyBytes"`
	// Waiting is how many Sends wait: for a reader, for the store, or for those before them.
	Waiting int `json:"waiting"`
	// Closed says that it accepts no more messages.
	Closed bool `json:"closed"`
	// Readers are the pages that are attached, in the order in which they attached.
	Readers []ReaderStats `json:"readers"`
}

// ReaderStats are the figures of a page that is attached to a resumable channel.
type ReaderStats struct {
	// Label is the page's window.
	Label    string `json:"label"`
	Observer bool   `json:"observer"`
	// Consumed is the sequence of the last message that the page is known to have consumed, Lag how
	// many it is behind the newest one.
	Consumed uint64 `json:"consumed"`
	Lag      uint64 `json:"lag"`
}

func (r *resumable) stats() ResumableStats {
	st := ResumableStats{Name: r.name, Readers: []ReaderStats{}}
	r.mu.Lock()
	for _, rd := range r.readers {
		rd.settle() // the readers find nothing to settle any more
		st.Readers = append(st.Readers, ReaderStats{
			Label: rd.label, Observer: rd.observer, Consumed: rd.consumed,
		})
	}
	st.Closed = r.end != nil
	r.unlock()
	kept := r.store.figures()
	st.Oldest, st.Newest = kept.Oldest, kept.Newest
	st.RawBytes, st.Bytes, st.HistoryBytes = kept.RawBytes, kept.Bytes, kept.Limit
	st.Waiting = r.store.in.Waiting()
	for i := range st.Readers {
		if rd := &st.Readers[i]; rd.Consumed < st.Newest { // else what is known is old
			rd.Lag = st.Newest - rd.Consumed
		}
	}
	return st
}

// Resumables returns the figures of the engine's resumable channels, by name.
func (e *Engine) Resumables() []ResumableStats {
	all := []ResumableStats{}
	e.resumables.Range(func(_ string, r *resumable) bool {
		all = append(all, r.stats())
		return true
	})
	slices.SortFunc(all, func(a, b ResumableStats) int { return strings.Compare(a.Name, b.Name) })
	return all
}
