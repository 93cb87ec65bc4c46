// Package bus carries named events between Go and the pages of windows, and among them.
//
// # Contract
//
// An event has a name, a payload and a [Target]; a listener has a name and a target, too. [Target]
// has the table of who hears what. [Bus.Emit] reaches every listener of the name.
//
//   - Order. A listener hears the events of one emitter (a goroutine, a page) in the order in which
//     they were emitted. Events and evals of one window arrive in the order in which they were
//     accepted. Among the listeners of a page it is the order of registration, each event at all of
//     them before the next one.
//   - Exactly once for each listener that is registered when the event is accepted; a listener made
//     with [Bus.Once] hears one event, whatever is emitted at the same time.
//   - Nothing blocks. Emit puts an event into the windows' control lanes and the Go listeners'
//     queues. A window or listener without room is an error of that emit, and all others get the
//     event: the error joins a [*WindowError] for each such window and a [*ListenerError].
//     [Bus.EmitContext] waits for room.
//   - What nobody listens to costs a look-up: it is not encoded.
//   - A Go listener runs on a goroutine of its own, which exists while its queue is not empty;
//     never on the emitter's, the UI thread or a session's. It may emit, listen, unlisten, block or
//     panic: a panic is logged, the listener lives on, and nobody else notices. [Bus.Unlisten] acts
//     at once.
//   - Functions of the app that panic (codecs, payloads' MarshalJSON, filters) are an error of that
//     call.
//   - Memory is bounded: each listener's queue, in number and bytes, what waits for a page, what a
//     page may register, and the sticky events; [Options] has the numbers.
//
// All functions and methods may be called from any goroutine. A nil context means
// context.Background().
//
// # Before a page is ready
//
// A page says that it is ready when its listeners are there. Before that, and between one page of a
// window and the next, the window's events and evals are kept in order, up to Options.PendingBytes
// (ErrFull beyond). They go to those who listen when the page is ready, before everything that
// comes later. A command's result waits for what was kept while the command ran, the bus's own
// commands are answered at once: see [Page.Settle]. [Page.Flush] waits until nothing is kept.
// Events for another window, or for the app, are not kept for this one, though its page would hear
// them if it listened to [Any].
//
// [Bus.EmitSticky] stores an event besides: who begins to listen later gets the last value of each
// target, before anything that is emitted meanwhile.
//
// # Payloads
//
// A []byte arrives as bytes (a Uint8Array), a json.RawMessage as it is, when it is valid JSON in
// UTF-8; everything else is encoded by the codec, once for all listeners. Emit does not keep what
// it is given. [Event] is what a Go listener gets; its slices are shared between the listeners, and
// read-only. [On] decodes into a type.
//
// A payload of several kinds is best a tagged union: an object {"event": kind, "data": fields},
// which TypeScript narrows by event. In Go that is a struct of the two, with an interface for data
// that has one type a kind: the example of [On] shows it, both ways.
//
// # What a page may do
//
// A page listens and emits by ordered commands of its session, see [CommandListen] and the others.
// Each is checked by the session's policy ("listen:<name>", "emit:<name>"); what is malformed is
// refused with a *transport.Error and has no effect. A page's subscriptions belong to its session:
// no other page can end them, and they end with it.
package bus
