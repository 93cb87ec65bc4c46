// Package transport carries ordered messages between Go and one page of a webview, in both
// directions, and calls between them. WIRE.md draws what crosses.
//
// # The parts
//
// An [Engine] holds the app's commands and settings. A [Session] is the connection with one page
// load; it has lanes: lane 0 for commands, results, events and evals, and one for each [Channel] or
// [Stream]. A [Carrier] moves batches; those that there are stand in the folder carrier, and this
// package knows none of them. The page's half is the TypeScript client.
//
// A [Resumable] is a channel with a name that keeps its newest messages beyond pages, compressed,
// in memory; each page that attaches reads them through a lane of its own.
//
// # The way of a message
//
// Send copies one frame into its lane's ring (package ring), lock-free, and rings the session's
// drainer if that is parked. The drainer, one goroutine a session, puts slices of the rings into a
// batch, fairly by bytes, and hands it to the carrier. A batch is kept, in the rings, until the
// page's receipt; then the space comes back and blocked senders wake.
//
// # Promises
//
//   - Messages of one channel arrive in the order in which Send accepted them, each exactly once,
//     or the channel ends with an error on both sides. Lost, cut, repeated and reordered answers
//     change nothing of this.
//   - A command's result comes after every message that the channels passed to it had accepted when
//     its handler returned, and after its events and evals.
//   - Events and evals arrive in the order in which they were accepted, and take effect in it, also
//     in a page whose Content-Security-Policy has Go evaluate natively.
//   - Ordered commands are handled in the order in which the page called them, and before ordinary
//     ones that it called later. Ordinary commands are started in the order of the calls, and run
//     side by side from then on: one may overtake another.
//   - No channel starves another, whether the page borrows or keeps its messages, events leave room
//     for results and evals, and memory is bounded: by each ring, by what the page has not consumed
//     (Options.Window), and by a total (Options.SessionBytes).
//   - The end of a page ends its session: Done is closed, sends give ErrClosed, contexts of
//     commands are cancelled.
//
// # Contexts
//
// A nil context means context.Background(), here and in all packages of this module: it never ends.
//
// # Figures
//
// Engine.Stats, Session.Stats, Session.Channels and the channels' Stats give figures of what runs.
// They cost who asks, not who sends: rates and latencies are kept once a batch, and the time that
// senders wait is measured only when they do.
//
// # What is logged
//
// Options.Logger gets, with the key "window" for the label:
//
//	INFO   session opened                            session, origin; carrier, reason if settled
//	INFO   session has its carrier                   session, carrier, reason: once it is settled,
//	                                                 and when it goes over to another
//	INFO   session ended                             session, reason
//	WARN   session ended                             session, reason, error: the page broke a rule
//	WARN   denied                                    permission, origin: the first time in a session
//	WARN   script failed                             error, detail: of an Eval that nobody waits for
//	WARN   events are refused: lane 0 is full        bytes, refused: once in 10 s
//	WARN   many batches are sent again               batches, within, carrier: 64 within 10 s
//	INFO   channel is full: a sender has waited      channel, command, waited: from 5 s on
//	INFO   channel ended with an error               channel, command, reason, error
//	WARN   channel ended with an error               the same: the page ended it
//	ERROR  command panicked                          command, panic, stack
//	ERROR  result could not be sent                  command, error
//	ERROR  command's result panicked                 command, panic, stack
//	ERROR  error detail can't be encoded             command, code, error
//	ERROR  an error's methods panicked               command, type, panic, stack
//	ERROR  policy panicked, which denies             permission, panic, stack
//
// Packages bus, webview and shm log under their names: the carrier that a session has or goes over
// to and why, web processes that ended, pages that did not answer, calls that were refused,
// functions of the app that panicked. Pages can cause many of these. Of each message 32 pass for a
// window in 10 s; the next one that passes has the number of those that did not as "suppressed".
// Texts over 2 KiB, but stacks, are cut.
//
// The logger's handler is called on a goroutine of its own, with one record at a time, in order.
// Nothing waits for it, so it may wait, send and emit as it likes. While 256 records wait for it,
// further ones are lost, as are those over which it panics; a record "log records were lost" tells
// how many. A program that ends at once may lose the last ones; webview.App.Run waits a second for
// them.
//
// # Locks
//
// Sending takes none while there is room. All others have a rank, and are taken in its order, from
// the outside in: Engine, Resumable, Marks, Receiving, Receipts, Lanes, Lane, Inbox,
// Leaf, Budget. Package internal/ranked says what each guards; a build with the tag ringdebug
// checks the order. Carrier.Alloc and Free are called under Receiving, Receipts and Lane; a store
// under none, but it may hold its own when it tells a channel of messages.
//
// No function of the app runs under any of them: internal/appcode has the rule.
package transport
