package webview

import "github.com/tailrace-go/tailrace/internal/appcode"

// maxAsked bounds the functions of the app that are asked at once about one window. What is more is
// refused.
const maxAsked = 32

// askApp asks a function of the app about w, and says false when that is one too many: then nothing
// is called. Main thread only; it does not wait.
//
//   - ask runs on a goroutine of its own, as long as it likes, and calls the app's function, which
//     is that of the named field of Options.
//   - then runs later, on the main thread, and gets what ask has returned. When ask panics, or ends
//     its goroutine, that is logged, and then gets refused.
//   - The window may be closed by then, or what was asked about be over: then is called all the
//     same, since it may have something to release, and has to look itself.
//   - Once Run has returned, then is not called any more.
func askApp[T any](w *Window, field string, refused T, ask func() T, then func(T)) bool {
	if w.deciding >= maxAsked {
		return false
	}
	w.deciding++
	go func() {
		answer, returned := refused, false
		defer func() { // whatever the app's function does, it was asked
			w.app.post(func() {
				w.deciding--
				then(answer)
			})
		}()
		defer appcode.Catch(&returned, func(f *appcode.Failure) {
			w.app.log.Error("webview: the function of "+field+" panicked", "window", w.label,
				"panic", f.Panic, "stack", f.Stack)
		})
		answer = ask()
		returned = true
	}()
	return true
}
