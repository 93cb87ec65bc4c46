//go:build linux && cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// webProcesses gives the web processes of this process, dead ones left out.
func webProcesses() ([]int, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state parent …
		head, rest, _ := strings.Cut(string(text), ") ")
		number, name, _ := strings.Cut(head, " (")
		fields := strings.Fields(rest)
		if !strings.HasPrefix(name, "WebKitWebProces") || fields[0] == "Z" ||
			fields[1] != strconv.Itoa(os.Getpid()) {
			continue
		}
		pid, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

// newProcess waits until there is exactly one web process that is not known, and gives it.
func newProcess(ctx context.Context, known func(pid int) bool) (int, error) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		all, err := webProcesses()
		if err != nil {
			return 0, err
		}
		if all = slices.DeleteFunc(all, known); len(all) == 1 {
			return all[0], nil
		}
		if err := wait(ctx, 10*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return 0, errors.New("its web process is not found")
}

// resident gives the resident bytes of a process, and those of them that are files or shared
// memory; 0 if it has ended.
func resident(pid int) (all, shared int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, 0
	}
	if _, err := fmt.Sscan(string(text), new(int64), &all, &shared); err != nil {
		return 0, 0
	}
	page := int64(os.Getpagesize())
	return all * page, shared * page
}

// descriptors counts this process's open files.
func descriptors() int {
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(names)
}
