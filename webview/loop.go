package webview

import (
	"context"
	"sync"
)

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

// post is post until Run has returned. After that there may be no loop any more, and f is dropped.
func (a *App) post(f func()) {
	select {
	case <-a.over:
	default:
		post(f)
	}
}

// maxTasks is how many functions may wait for the main thread until the calls of pages wait for it,
// too.
const maxTasks = 1024

// ease waits while too much waits for the main thread: a page that changes its window again and
// again must not be faster.
func (a *App) ease(ctx context.Context) {
	tasks.Lock()
	n := len(tasks.list)
	tasks.Unlock()
	if n < maxTasks || onMainThread() {
		return
	}
	done := make(chan struct{})
	a.post(func() { close(done) })
	select {
	case <-done:
	case <-a.over:
	case <-ctx.Done():
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
