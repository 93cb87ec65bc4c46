package ring

import "errors"

var (
	// ErrClosed says that the ring was closed; no claim will succeed any more.
	ErrClosed = errors.New("ring: closed")
	// ErrFull says that there is no room now, or that others already wait for it.
	// Use Claim to wait, or try again after a Release.
	ErrFull = errors.New("ring: full")
	// ErrTooLarge says that a claim is negative or larger than MaxClaim (or than
	// Headroom, for ClaimHeadroom). Split the message.
	ErrTooLarge = errors.New("ring: claim too large")
)
