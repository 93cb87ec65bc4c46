// Package extension holds the web-process extension of the shared-memory
// carrier as a loadable file, for linux/amd64 and linux/arm64. A program embeds
// only its own architecture's.
//
// The contract with the program that unpacks it into WebKitGTK's extension directory:
//   - The initialization user data is a GVariant "(as)": our own origins, each as
//     "scheme://host[:port]". Documents of other origins, and frames below the
//     main one, get nothing.
//   - A user message "tailrace.offer" to a page, with parameters "(s)", the
//     session's id, and the five descriptors of transport/carrier/shm/LAYOUT.md, offers a
//     link. A page has one link; a newer offer ends the older one.
//   - A document of ours finds the object __tailrace_memory on its window before
//     any of its scripts runs. Its functions give numbers and throw nothing; they
//     are methods, to be called on that object.
//   - The link ends with the document, the page, the closed flag, the control
//     socket or a wrong value in the memory; then everything of it is unmapped
//     and closed, and state in the memory says so to Go.
//
// The source is C, in the folder source: build.sh makes the files, always the same
// bytes with the compiler that it names.
package extension

// Library returns the shared object for this architecture, or nil where there
// is none. The bytes belong to the program's image: don't change them. Any
// goroutine may call it.
func Library() []byte { return library }
