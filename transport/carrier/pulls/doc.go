// Package pulls is the carrier of pages that ask and are answered, over a custom scheme or HTTP:
// each request brings an upward batch, each answer a downward one. Section "Requests" of
// transport/WIRE.md has the rules. It holds requests until there is data, and finds out which
// answers were lost.
//
// Whoever receives the page's requests hands each one to [Carrier.Request], with a function that
// sends the answer. Nothing here knows of the scheme, or of HTTP but its numbers of statuses.
//
// # Goroutines and locks
//
// One goroutine a carrier takes apart what Request leaves to it, from Bind to Close. All methods
// may be called from any goroutine; answers are called without the carrier's lock.
package pulls
