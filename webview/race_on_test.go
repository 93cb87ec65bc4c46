//go:build race

package webview

// raced: the race detector shadows memory several times over, so that resident memory
// says nothing of the library's. The same tests run without it, too.
const raced = true
