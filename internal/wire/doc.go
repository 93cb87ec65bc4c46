// Package wire is the codec of Tailrace's wire format, which WIRE.md in the
// folder above draws: batches, runs and frames, little-endian, 8-byte aligned.
//
// It knows structure only: lengths, alignment, reserved bytes, which kind may
// stand on which lane and in which direction. Sequence numbers, credit,
// receipts and the meaning of payloads belong to the session (package transport).
//
// Decode never copies: what it returns lies in the slice that it was given. Its
// allocations are bounded by the input's length. It gives either a whole valid
// batch, [ErrLost] for one that did not arrive whole, or a [*RuleError].
package wire
