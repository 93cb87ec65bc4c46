package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// trigger keeps what is written, and closes seen at the first word that is awaited.
type trigger struct {
	word string
	seen chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
	done bool
}

func newTrigger(word string) *trigger { return &trigger{word: word, seen: make(chan struct{})} }

func (w *trigger) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if !w.done && strings.Contains(w.text.String(), w.word) {
		w.done = true
		close(w.seen)
	}
	return len(p), nil
}

func (w *trigger) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// killDescendant kills the process of that name below ancestor.
func killDescendant(ancestor int, name string) bool {
	for _, pid := range children(ancestor) {
		comm, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
		if strings.TrimSpace(string(comm)) == name {
			process, err := os.FindProcess(pid)
			return err == nil && process.Kill() == nil
		}
		if killDescendant(pid, name) {
			return true
		}
	}
	return false
}

// children gives the processes that pid has started.
func children(pid int) []int {
	var found []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		b, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended
		}
		// pid (comm) state ppid …, where comm may have any character.
		_, after, _ := strings.Cut(string(b[bytes.LastIndexByte(b, ')')+1:]), " ")
		if fields := strings.Fields(after); len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			found = append(found, child)
		}
	}
	return found
}
