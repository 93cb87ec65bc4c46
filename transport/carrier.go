package transport

import "github.com/tailrace-go/tailrace/internal/wire"

// Carrier moves batches to one page and the page's batches to Go. A session has one. It decides
// nothing about order, loss or repair: that is the session's.
//
// Bind is called once before all others, Ready and Deliver by the session's drainer goroutine,
// Alloc and Free by any, under locks of the session, so that they must not call the Port; Close
// once, by any: a Deliver that comes after it gives false. None of them may block for long.
type Carrier interface {
	// Name is a word for figures and logs: "scheme", "memory", … It may change in a session's life.
	// Any goroutine may call it. A carrier that has a method Reason() string, too, says why it is
	// this one; one that has a method Settled() bool, that it is this one for good, unless that
	// fails. See Port.Settled.
	Name() string
	// Bind gives the carrier its session, and the engine's options with their defaults.
	Bind(p Port, o Options)
	// Ready reports whether the page can take a batch now. When that becomes true later, the
	// carrier calls Port.Wake.
	Ready() bool
	// Deliver hands over one batch. The segments may be read only until it returns. False:
	// the page can't take it after all; the session tries again after Port.Wake.
	Deliver(b *Batch) bool
	// Alloc gives n bytes of zeroed memory for a ring's payload, a power of two. An error that is
	// ErrMemory reaches who sends; a ring that only wanted to grow stays as it is. Free takes the
	// memory back, once, when Go touches it no more. Both may come after Close: what was given is
	// always freed.
	Alloc(n int) ([]byte, error)
	Free(b []byte)
	// Close ends the carrier: what it holds of the page's is answered with the reason.
	Close(reason *ClosedError)
}

// Port is the session as its carrier sees it. Any goroutine may call it.
type Port interface {
	// Receive takes one upward batch. It says what of it concerns the carrier. The error is ErrLost
	// (let the page send it again), or the one that ended the session. The bytes are the caller's
	// again when it returns: the session copies what it keeps.
	Receive(up []byte) (Received, error)
	// TryReceive is Receive for the UI thread. It takes the batch only if that is little work
	// whatever the page has sent before, and never waits. ok false: nothing has happened, and the
	// batch, which is still the caller's, is for Receive on another goroutine.
	TryReceive(up []byte) (got Received, ok bool, err error)
	// Wake tells the drainer that the carrier is ready.
	Wake()
	// Lost tells that this batch did not reach the page, unless its receipt came.
	Lost(number uint64)
	// LostAll tells that no batch without receipt will reach the page any more on the way that it
	// was sent: all are sent again. For a carrier that goes over to another way.
	LostAll()
	// Settled tells that the carrier's Name and Reason are settled now, or are others than before,
	// for the log: the session asked in vain when it opened.
	Settled()
	// Fail ends the session because the page broke a rule of the carrier, a *RuleError.
	Fail(rule error)
	// HoldRequest counts n bytes of the page's that the carrier keeps until it can have them
	// received. False: the session holds Options.SessionBytes; what is alone has room always.
	HoldRequest(n int) bool
	// LetRequestGo gives back what HoldRequest has counted.
	LetRequestGo(n int)
}

// What every page may do, whatever its carrier.
const (
	// Posts is how many requests a page may have under way beside its pulls: the slots of its
	// requests are those of Options.Pulls pulls, then those of Posts posts. With Pulls, they are at
	// most half of the batches that may be without receipt.
	Posts = 8
	// UpSlack is what an upward batch may have beyond Options.MaxBatch, in bytes: its header,
	// credits, and the headers of runs.
	UpSlack = 64 << 10
)

// Received is what of an upward batch concerns the carrier.
type Received struct {
	Slot, Request uint32
	// Hold is in milliseconds.
	Hold uint32
	// Commands is how many invokes the batch brought.
	Commands int
	// Number is the batch's, 0 when it needs no receipt; Receipt is up to where all have come.
	Number, Receipt uint64
}

// Reply gives a batch that says nothing but the receipt: what a page gets whose request is answered
// without another one, as it would wait for the receipt. Nil: there is nothing to say.
func (r Received) Reply() []byte {
	if r.Receipt == 0 {
		return nil
	}
	return wire.Finish(wire.AppendHeader(nil, &wire.Header{Receipt: r.Receipt}))
}

// Batch is one batch on its way to the page.
type Batch struct {
	// Number is the batch's number; a batch that is sent again keeps it.
	Number uint64
	// Segments are the bytes of the batch, in order.
	Segments [][]byte
	// Len is the sum of their lengths.
	Len int
	// Borrow: all frames are of channels whose messages the page does not keep, but for a batch
	// that holds credits only.
	Borrow bool
	// Apart are the indexes of Segments, in increasing order, that are the rest of one large frame.
	// For each such index i: Segments[i-2] is the header of a run of this one frame, Segments[i-1]
	// the first 24 bytes of the frame (its header and the first 16 bytes of the payload),
	// Segments[i] what follows, to the end of its stride. A carrier may put that into a place of
	// its own.
	Apart []int

	arena arena
	runs  []delivered
	state batchState
}

// HeapMemory gives a carrier the default Alloc and Free, on the Go heap. Embed it.
type HeapMemory struct{}

// Alloc implements Carrier.
func (HeapMemory) Alloc(n int) ([]byte, error) { return make([]byte, n), nil }

// Free implements Carrier: the garbage collector has it.
func (HeapMemory) Free([]byte) {}
