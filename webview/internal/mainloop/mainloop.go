package webview

import (
	"sync"
	"time"
)

// The functions for the main thread, which draws all windows and serves the requests of all pages.
//
//   - They run in the order in which they were posted, for at most tasksTurn at a time. Then the
//     loop goes on with what else is ready, also with what has a lower priority, as drawing has.
//   - Page commands are no flood of functions: a page has one here at a time (access.go).
//   - The app's own calls never wait. What it asks for faster than it can be done is bounded:
//     beyond maxTasks functions, of those of one kind (a window's title, say) only the last one
//     stays, as far as nobody asks for a window's state between them.
//   - What ends the program overtakes all that.
var tasks struct {
	sync.Mutex
	first  []func() // before all that is in list
	list   []task   // in order
	most   int      // compact beyond so many
	woken  bool     // runTasks will be called
	paused bool     // and only after the pause
}

// task is a function for the main thread. Of several with one key the last one is enough; barrier
// says that it asks for what those before it have done.
type task struct {
	f       func()
	key     any // nil: it is never left out
	barrier bool
}

const (
	// maxTasks is how many functions wait for the main thread until those that a later one makes
	// needless are left out.
	maxTasks = 1024
	// tasksTurn is how long functions run until the loop has its turn, tasksPause how long it has
	// it at least: enough for a drawing to begin.
	tasksTurn  = 4 * time.Millisecond
	tasksPause = time.Millisecond
)

// post has f called on the main thread, after what was posted before. It never blocks, and
// any goroutine may call it. f must not wait for anything.
func post(f func()) { postTask(task{f: f}) }

func postTask(t task) {
	tasks.Lock()
	tasks.list = append(tasks.list, t)
	if len(tasks.list) > max(tasks.most, maxTasks) {
		tasks.list = compact(tasks.list)
		tasks.most = 2 * len(tasks.list)
	}
	wake := wakes()
	tasks.Unlock()
	if wake {
		nativeWake()
	}
}

// postFirst is post for what overtakes all others.
func postFirst(f func()) {
	tasks.Lock()
	tasks.first = append(tasks.first, f)
	tasks.woken = true
	tasks.Unlock()
	nativeWake()
}

// compact leaves out the tasks that a later one of their key makes needless.
func compact(list []task) []task {
	later := map[any]bool{}
	kept := len(list)
	for i := len(list) - 1; i >= 0; i-- {
		switch t := list[i]; {
		case t.barrier:
			clear(later)
		case t.key != nil && later[t.key]:
			continue
		case t.key != nil:
			later[t.key] = true
		}
		kept--
		list[kept] = list[i]
	}
	return append([]task(nil), list[kept:]...)
}

// wakes says whether runTasks must be asked for. The caller holds the lock.
func wakes() bool {
	if tasks.woken || tasks.paused {
		return false
	}
	tasks.woken = true
	return true
}

// runTasks runs a part of what was posted. The native side calls it on the main thread; rested:
// after a pause. A loop inside of a function runs those behind it.
func runTasks(rested bool) {
	begun := time.Now()
	tasks.Lock()
	if rested {
		tasks.paused = false
	} else {
		tasks.woken = false
	}
	for f := nextTask(); f != nil; f = nextTask() {
		wake := len(tasks.first)+len(tasks.list) > 0 && wakes()
		tasks.Unlock()
		if wake {
			nativeWake()
		}
		f()
		tasks.Lock()
		if len(tasks.list) > 0 && time.Since(begun) >= tasksTurn {
			tasks.paused = true
			tasks.Unlock()
			nativeWakeLater(tasksPause)
			return
		}
	}
	tasks.Unlock()
}

// nextTask takes the next function, nil when there is none now. The caller holds the lock.
func nextTask() func() {
	if len(tasks.first) > 0 {
		f := tasks.first[0]
		tasks.first = tasks.first[1:]
		return f
	}
	if tasks.paused || len(tasks.list) == 0 {
		return nil
	}
	f := tasks.list[0].f
	tasks.list[0] = task{}
	if tasks.list = tasks.list[1:]; len(tasks.list) == 0 {
		tasks.list, tasks.most = nil, 0
	}
	return f
}

// runLeft runs a part of what is left when the loop has ended, and says whether more is.
func runLeft() bool {
	runTasks(true)
	tasks.Lock()
	defer tasks.Unlock()
	return len(tasks.first)+len(tasks.list) > 0
}

// post is post until Run has returned. After that there may be no loop any more, and f is dropped.
func (a *App) post(f func()) { a.postTask(task{f: f}) }

func (a *App) postTask(t task) {
	select {
	case <-a.over:
	default:
		postTask(t)
	}
}

// change is post for one of the app's own changes, whose last one is enough.
func (a *App) change(key any, f func()) { a.postTask(task{f: f, key: key}) }
