// Package mainloop has the functions that wait for the main thread, which draws all windows and
// serves the requests of all pages. There is one for the process, as there is one main thread.
//
//   - They run in the order in which they were posted, for at most Turn at a time. Then the
//     loop goes on with what else is ready, also with what has a lower priority, as drawing has.
//   - Page commands are no flood of functions: a page has one here at a time.
//   - The app's own calls never wait. What it asks for faster than it can be done is bounded:
//     beyond MaxWaiting functions, of those of one kind (a window's title, say) only the last one
//     stays, as far as nobody asks for a window's state between them.
//   - What ends the program overtakes all that.
//
// Post, PostTask, PostFirst, Idle and Waiting may be called from any goroutine, and never block.
// Use, RunTasks, RunLeft and Idled are for what drives the main thread, a view's platform.
package mainloop

import (
	"slices"
	"sync"
	"time"
)

// Driver is the main thread's own loop. Any goroutine may call its methods.
type Driver interface {
	// Wake has the loop call RunTasks(false) soon.
	Wake()
	// WakeLater has the loop call RunTasks(true) after d, in which it does what else is ready.
	WakeLater(d time.Duration)
	// Idle has the loop call Idled when nothing more urgent is ready.
	Idle()
}

// driver is set once, before anything is posted.
var driver Driver

// Use sets the loop of the process. It is called by an init function.
func Use(d Driver) { driver = d }

// tasks are the functions that wait.
var tasks struct {
	sync.Mutex
	first  []func() // before all that is in list
	list   []Task   // in order
	most   int      // compact beyond so many
	woken  bool     // RunTasks will be called
	paused bool     // and only after the pause
}

// Task is a function for the main thread.
type Task struct {
	// F must not wait for anything.
	F func()
	// Key, if it is not nil, says that of several with one key the last one is enough.
	Key any
	// Barrier says that F asks for what those before it have done: none of them is left out for
	// one behind it.
	Barrier bool
}

const (
	// MaxWaiting is how many functions wait for the main thread until those that a later one makes
	// needless are left out.
	MaxWaiting = 1024
	// Turn is how long functions run until the loop has its turn.
	Turn = 4 * time.Millisecond
	// pause is how long the loop has its turn at least: enough for a drawing to begin.
	pause = time.Millisecond
)

// Post has f called on the main thread, after what was posted before. f must not wait for anything.
func Post(f func()) { PostTask(Task{F: f}) }

// PostTask is Post for a function that may be left out, or that asks for what the others did.
func PostTask(t Task) {
	tasks.Lock()
	tasks.list = append(tasks.list, t)
	if len(tasks.list) > max(tasks.most, MaxWaiting) {
		tasks.list = compact(tasks.list)
		tasks.most = 2 * len(tasks.list)
	}
	wake := wakes()
	tasks.Unlock()
	if wake {
		driver.Wake()
	}
}

// PostFirst is Post for what overtakes all others.
func PostFirst(f func()) {
	tasks.Lock()
	tasks.first = append(tasks.first, f)
	tasks.woken = true
	tasks.Unlock()
	driver.Wake()
}

// compact leaves out the tasks that a later one of their key makes needless.
func compact(list []Task) []Task {
	later := map[any]bool{}
	kept := len(list)
	for i := len(list) - 1; i >= 0; i-- {
		switch t := list[i]; {
		case t.Barrier:
			clear(later)
		case t.Key != nil && later[t.Key]:
			continue
		case t.Key != nil:
			later[t.Key] = true
		}
		kept--
		list[kept] = list[i]
	}
	return append([]Task(nil), list[kept:]...)
}

// wakes says whether RunTasks must be asked for. The caller holds the lock.
func wakes() bool {
	if tasks.woken || tasks.paused {
		return false
	}
	tasks.woken = true
	return true
}

// RunTasks runs a part of what was posted. The loop calls it on the main thread; rested: after the
// pause of WakeLater. A loop inside of a function runs those behind it.
func RunTasks(rested bool) {
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
			driver.Wake()
		}
		f()
		tasks.Lock()
		if len(tasks.list) > 0 && time.Since(begun) >= Turn {
			tasks.paused = true
			tasks.Unlock()
			driver.WakeLater(pause)
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
	f := tasks.list[0].F
	tasks.list[0] = Task{}
	if tasks.list = tasks.list[1:]; len(tasks.list) == 0 {
		tasks.list, tasks.most = nil, 0
	}
	return f
}

// RunLeft runs a part of what is left when the loop has ended, and says whether more is.
func RunLeft() bool {
	RunTasks(true)
	tasks.Lock()
	defer tasks.Unlock()
	return len(tasks.first)+len(tasks.list) > 0
}

// Waiting counts the functions that wait, and says whether one of them is a barrier.
func Waiting() (n int, barrier bool) {
	tasks.Lock()
	defer tasks.Unlock()
	return len(tasks.first) + len(tasks.list),
		slices.ContainsFunc(tasks.list, func(t Task) bool { return t.Barrier })
}

// idling are those who wait until the loop has nothing more urgent to do.
var idling struct {
	sync.Mutex
	waiting chan struct{} // nil: nobody waits
}

// Idle gives a channel that is closed when the loop has nothing more urgent to do than to say so.
func Idle() <-chan struct{} {
	idling.Lock()
	defer idling.Unlock()
	if idling.waiting == nil {
		idling.waiting = make(chan struct{})
		driver.Idle()
	}
	return idling.waiting
}

// Idled tells them. The loop calls it on the main thread.
func Idled() {
	idling.Lock()
	defer idling.Unlock()
	if idling.waiting != nil {
		close(idling.waiting)
		idling.waiting = nil
	}
}
