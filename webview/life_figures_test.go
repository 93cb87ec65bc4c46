//go:build linux && cgo

package webview

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// footprint is what a process holds. Goroutines, heap and sessions are Go's.
type footprint struct {
	goroutines, sessions int
	heap                 uint64 // bytes after garbage collection
	descriptors          int
	kinds                map[string]int // the descriptors by what they are of
	mappings             int            // all
	shared               int            // those of shared memory
	resident             int64
}

// processFootprint gives what can be seen of any process.
func processFootprint(pid string) footprint {
	var f footprint
	f.kinds = map[string]int{}
	names, _ := filepath.Glob("/proc/" + pid + "/fd/*") // the pattern is right
	for _, name := range names {
		to, _ := os.Readlink(name)
		kind, number, _ := strings.Cut(to, ":[")
		if kind == "anon_inode" {
			kind = strings.TrimSuffix(number, "]")
		}
		if to != "" && (!strings.HasPrefix(kind, "/") ||
			strings.HasPrefix(kind, "/memfd:tailrace")) {
			f.kinds[kind]++ // WebKit opens files when it likes, of /proc and /sys mostly
			f.descriptors++
		}
	}
	maps, _ := os.ReadFile("/proc/" + pid + "/maps")
	f.mappings = bytes.Count(maps, []byte("\n"))
	f.shared = bytes.Count(maps, []byte("/memfd:tailrace"))
	if b, err := os.ReadFile("/proc/" + pid + "/statm"); err == nil {
		pages, _ := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
		f.resident = pages * int64(os.Getpagesize())
	}
	return f
}

// ownFootprint gives this process's, with the sessions of that App.
func ownFootprint(app *App) footprint {
	f := processFootprint("self")
	f.goroutines = runtime.NumGoroutine()
	for _, w := range app.Windows() {
		if w.Session() != nil {
			f.sessions++
		}
	}
	return f
}

// collected is ownFootprint after a garbage collection, with the heap.
func collected(app *App) footprint {
	runtime.GC()
	runtime.GC() // what finalizers held
	f := ownFootprint(app)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f.heap = m.HeapAlloc
	return f
}

// threads is how many event descriptors more there may be: GLib has one for each thread with a loop
// that WebKit starts, some of which it starts late, once. A session's shared memory has more than
// one.
const threads = 1

// within says whether nothing that can be counted is more than it was.
func (f footprint) within(before footprint) bool {
	for kind, n := range f.kinds {
		if most := before.kinds[kind]; n > most && (kind != "eventfd" || n > most+threads) {
			return false
		}
	}
	return f.goroutines <= before.goroutines && f.sessions <= before.sessions &&
		f.shared <= before.shared
}

// returnsTo waits until this process holds no more than it did before.
func returnsTo(t *testing.T, app *App, before footprint, what string) {
	t.Helper()
	var now footprint
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if now = ownFootprint(app); now.within(before) {
			return
		}
		if time.Now().After(deadline) {
			var stacks strings.Builder
			_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
			t.Fatalf("after %s: %+v, before: %+v\n%s", what, now, before, stacks.String())
		}
	}
}

// settled waits until the figures have stayed the same for a while, and gives them.
func settled(t *testing.T, app *App) footprint {
	t.Helper()
	const still = 100 * time.Millisecond
	last, since := ownFootprint(app), time.Now()
	eventually(t, "the figures to settle", func() bool {
		now := ownFootprint(app)
		if !now.within(last) || !last.within(now) {
			last, since = now, time.Now()
		}
		return time.Since(since) >= still
	})
	return last
}

// newProcess gives the one web process that was not there before.
func newProcess(t *testing.T, before []string) string {
	t.Helper()
	var added []string
	for _, pid := range webProcesses(t) {
		if !slices.Contains(before, pid) {
			added = append(added, pid)
		}
	}
	if len(added) != 1 {
		t.Fatalf("a window has %d new web processes: %v", len(added), added)
	}
	return added[0]
}

// markdown makes a table.
func markdown(head string, rows []string) string {
	line := strings.Repeat("| --- ", strings.Count(head, "|")-1) + "|"
	return fmt.Sprintf("\n%s\n%s\n%s", head, line, strings.Join(rows, "\n"))
}
