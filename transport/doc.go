// Package transport carries ordered messages between Go and one page of a webview,
// in both directions, and calls between them. WIRE.md draws what crosses.
//
// # The parts
//
// An [Engine] holds the app's commands and settings. A [Session] is the connection with one
// page load; it has lanes: lane 0 for commands, results, events and evals, and one for each [Channel] or
// [Stream]. A [Carrier] moves batches; [Pulls] is the one for pages that ask and are
// answered (the custom scheme). The page's half is the TypeScript client.
//
// # The way of a message
//
// Send copies one frame into its lane's ring (package ring), lock-free, and rings the session's
// drainer if that is parked. The drainer, one goroutine a session, puts slices of
// the rings into a batch, fairly by bytes, and hands it to the carrier. A batch is kept, in the rings, until the
// page's receipt; then the space comes back and blocked senders wake.
//
// # Promises
//
//   - Messages of one channel arrive in the order in which Send accepted them, each exactly
//     once, or the channel ends with an error on both sides. Lost, cut, repeated and
//     reordered answers change nothing of this.
//   - A command's result comes after every message that the channels passed to it had
//     accepted when its handler returned, and after its events and evals.
//   - Events and evals arrive in the order in which they were accepted, and take effect in it, also in
//     a page whose Content-Security-Policy has Go evaluate natively.
//   - Ordered commands are handled in the order in which the page called them.
//   - No channel starves another, whether the page borrows or keeps its messages, events leave room for results and
//     evals, and memory is bounded: by each ring, by what the page has
//     not consumed (Options.Window), and by a total (Options.SessionBytes).
//   - The end of a page ends its session: Done is closed, sends give ErrClosed, contexts of
//     commands are cancelled.
//
// # Locks
//
// Sending takes none while there is room. Session.inMu makes Receive one at a time and
// may be held when outMu is taken; no handler runs and nothing is logged under it, but a script's error; outMu guards the batches without receipt and may be held when a lane's mu
// is taken; Carrier.Alloc and Free are called under both; lane.mu, inbox.mu, readyMu and creditMu are leaves.
package transport
