// Package shm is the carrier over memory that Go shares with a page of WebKitGTK: its rings lie in
// mapped memory, the page's web process copies what is ready out of them, and a doorbell on each
// side wakes who sleeps. LAYOUT.md draws the memory. The other half is an extension that the web
// process loads, in the folder extension.
//
// # Contract
//
// A [Carrier] serves one session. It begins on the pulls.Carrier that it is made with. Once the
// page has attached, batches go through shared memory, in order. When that fails, for any reason,
// the session goes on over the pulls: what has no receipt is sent again, the page drops what it has
// already, and nothing is lost. It never comes back to shared memory.
//
// The page's process may write anything at any time into what it can write. Nothing of it is
// trusted: each position is read once and checked, and one that can't be ends the use of shared
// memory with a reason. What Go writes, the page can only read: seals on the files see to that.
//
// # Who may call what
//
//   - Ready, Deliver: the session's drainer, one goroutine at a time.
//   - Alloc, Free, Down, Close, Name, Reason, Active: any goroutine.
//   - Bind: once, before the session uses the carrier. Offer: once.
//
// # Who owns which bytes
//
// A ring's memory belongs to the session from Alloc to Free; nothing may touch it afterwards, for
// it may be unmapped. A batch's segments in it are read by the page from Deliver until the batch's
// receipt: the session keeps them that long. Segments elsewhere are copied during Deliver.
//
// # Goroutines
//
// One reads what the page sends, and one waits for the end of the page's process; a third one
// exists while that process does not take messages about slots. All end with the carrier, and so do
// its descriptors. Mapped memory goes with the last Free.
//
// Linux on amd64 and arm64 only. unsafe is used in mapping_linux.go only.
package shm
