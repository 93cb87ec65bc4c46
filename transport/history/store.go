// Package history has what a resumable channel keeps its messages in: the interface Store, and
// Memory, which a channel has unless transport.ResumableOptions.Store gives it another one.
//
// Package historytest has the tests that every store should pass.
package history

import (
	"context"
	"errors"
	"fmt"
)

// Store keeps messages in one order, each under a number, its sequence. A resumable channel appends
// to one and reads from it for its pages. Others may append, too: another channel, or another
// process.
//
// # Sequences and epochs
//
// The first sequence is 1 or more, and each message has a larger one than all messages before it,
// up to MaxSequence. There may be gaps, numbers that no message has. But once a message can be
// read, none appears any more before it.
//
// Messages are dropped at the old end only: for room, by age, or for any reason that the store has.
// A store that loses others, or that uses a number for a second message, has another epoch from
// then on: a sequence means something only together with its epoch. So a store that was wiped, or
// that has lost its newest messages in a crash, has a new one. An epoch is a number from 1 to
// MaxEpoch, by chance or by the clock, such that two of them are never the same. It lives as long
// as the messages do: longer than the process, if the messages do.
//
// # Goroutines
//
// All methods may be called from any goroutine, several of them at once. A channel holds none of
// its locks meanwhile, so they may call the channel's methods. But a channel's appends are made one
// after the other: an Append that waits for a Send on its own channel waits for ever.
//
// Append, Read and State may wait and fail. When their context ends, they return soon. While an
// Append waits, for room, for a network or for a disk, Read and State go on.
//
// A panic, and runtime.Goexit, count as an error of the call.
//
// # Memory
//
// What is passed to a method is the caller's again when the method returns: the store copies.
type Store interface {
	// Append adds a message behind all others, and gives its sequence. From its return on Read and
	// State know the message.
	//
	// With an error the message was not added and will not be, unless the error wraps ErrUncertain:
	// a store that can't know whether a message was added finds out, or gives that one. ErrTooLarge
	// is for a message that the store would never take. All errors go to the caller of Send.
	//
	// A channel calls Append in the order of its Sends: the next call begins when this one has
	// returned. A store that knows a message's place before it has its acknowledgement may call
	// placed in between; the next call begins then, and gets its place behind this one's. placed
	// returns at once. It may be called by any goroutine, not at all, or again.
	Append(ctx context.Context, message []byte, placed func()) (sequence uint64, err error)

	// Read puts messages into b, which is empty, by Block.Add: those whose sequence is from or
	// more, in their order and without leaving one out, until Add has no room or there is none. It
	// may stop before, but not before the first one. It does not wait for messages that are yet to
	// come: b stays empty if from is larger than every sequence.
	//
	// The error is a *TrimmedError if messages from that sequence on may have been dropped, and
	// wraps ErrEpoch if the store's epoch is not that of the call. Other errors are taken for
	// passing ones: a page's reader tries again some times.
	Read(ctx context.Context, epoch, from uint64, b *Block) error

	// State tells what is kept.
	State(ctx context.Context) (State, error)

	// Watch has notify called soon after a message was added, by whomever, and after the epoch has
	// changed; once for many is enough, and once too often does no harm. Who may have missed
	// something, because a connection was cut, calls it when that is repaired. notify returns at
	// once, and calls nothing of the store. It may be called by any goroutine, and under locks of
	// the store.
	//
	// Watch and stop, which ends it, don't wait. stop may be called again.
	Watch(notify func()) (stop func())
}

// State is what a store keeps at some moment.
type State struct {
	// Epoch is what sequences belong to.
	Epoch uint64
	// Oldest is the sequence of the oldest message that is kept, Newest the last one that was given
	// to a message, 0 if none was. Oldest is Newest+1 if nothing is kept.
	Oldest, Newest uint64
	// RawBytes is the length of all messages that are kept, with what a store notes beside each,
	// Bytes what they take after compression and with what they cost beside. 0: unknown.
	RawBytes, Bytes int
	// Limit is how large Bytes may become, MaxMessage the length of the longest message that Append
	// takes. 0: no bound, or unknown.
	Limit, MaxMessage int
}

// The largest epoch and the largest sequence: a page has them as numbers of JavaScript.
const (
	MaxEpoch    = 1<<53 - 1
	MaxSequence = 1<<53 - 1
)

// Holder is a Store that can keep messages for readers that are slow. With one that can't, no page
// of a channel holds Send back: a reader that falls behind what is kept ends like an observer.
type Holder interface {
	Store

	// Hold keeps all messages whose sequence is larger than after, as far as they are still there
	// when it returns: an Append that needs their room waits. It may wait and fail like Append.
	Hold(ctx context.Context, after uint64) (Hold, error)
}

// Hold is what keeps messages. Its methods don't wait.
type Hold interface {
	// Move lets go of the messages up to the sequence after. A smaller one than before changes
	// nothing.
	Move(after uint64)
	// Release lets go of all messages, for good.
	Release()
}

// Local is a Store in the memory of the process. With one that is none, a channel's figures are
// those that the store gave last, and TrySend gives errors.ErrUnsupported.
type Local interface {
	Store

	// Now is State, at once.
	Now() State
	// Appender makes a channel's way into the store, in place of Append.
	Appender() Appender
}

// Appender adds messages of one channel to a Local store. Any number of goroutines may use it at
// once: it keeps the order of their calls itself.
type Appender interface {
	// Append adds a message behind all others, and waits for room. Who waits gets in before those
	// that called later. The errors are those of Store.Append, the cause of ctx, and ErrClosed.
	Append(ctx context.Context, message []byte) error
	// TryAppend is Append that does not wait: the error is ErrFull if it would, or if others wait.
	TryAppend(message []byte) error
	// Waiting is how many calls of Append wait.
	Waiting() int
	// Close ends the appender: those who wait get ErrClosed, as do later calls. When it returns no
	// further message of this appender is added.
	Close()
}

// Errors of stores. Test with errors.Is.
var (
	// ErrEpoch is a sequence of another epoch than the store has now.
	ErrEpoch = errors.New("history: the store numbers anew")
	// ErrUncertain is an Append after which the message may be kept, or not.
	ErrUncertain = errors.New("history: the message may have been kept, or not")
	// ErrTooLarge is a message that the store never takes.
	ErrTooLarge = errors.New("history: the message is too large for the store")
	// ErrFull is a TryAppend that would have to wait.
	ErrFull = errors.New("history: the store is full")
	// ErrClosed is an Appender after Close.
	ErrClosed = errors.New("history: the appender is closed")
)

// TrimmedError is what Read gives for a sequence that is not kept any more.
type TrimmedError struct {
	// Oldest is the sequence of the oldest message that is kept, or that of the next one.
	Oldest uint64
}

func (e *TrimmedError) Error() string {
	return fmt.Sprintf("history: nothing before sequence %d is kept any more", e.Oldest)
}
