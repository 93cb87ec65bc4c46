package webview

import "sync"

// tasks are the functions for the main thread, in order. One wake-up of the native queue serves
// all that came before it ran.
var tasks struct {
	sync.Mutex
	list []func()
}

// post has f called on the main thread, after what was posted before. It never blocks, and
// any goroutine may call it. f must not wait for anything.
func post(f func()) {
	tasks.Lock()
	first := len(tasks.list) == 0
	tasks.list = append(tasks.list, f)
	tasks.Unlock()
	if first {
		nativeWake()
	}
}

// runTasks runs what was posted. The native side calls it on the main thread.
func runTasks() {
	tasks.Lock()
	list := tasks.list
	tasks.list = nil
	tasks.Unlock()
	for _, f := range list {
		f()
	}
}
