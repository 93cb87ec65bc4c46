// Package snippets has only tests. They run the page's half of two documents about Tauri, "Calling
// the frontend from Rust" of version 2 and "Events" of version 1, on Tailrace's modules under
// Tauri's names.
//
// The documents are not in this repository. The tests look for them in the folder that SEED_DOCS
// names, or in ../shared/seed-docs beside the repository, take each page snippet out of them, strip
// its types, and run it unmodified in a real page, where it must have its effect. Programs of our
// own in the folder pages make the same calls; they run always. Both pass tsc --strict against the
// modules' types.
//
// The documents' snippets in Rust have twins in Go: the examples of package webview.
package snippets
