package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// manyEvents is how many events grow sends.
const manyEvents = 2_000_000

// grow sends many events to a page that reads them, and notes by how much the processes have grown
// meanwhile, at most.
func (b *bench) grow() error {
	before, err := memory()
	if err != nil {
		return err
	}
	most := before
	end := make(chan error, 1)
	go func() {
		_, err := b.run(fmt.Sprintf("events(%d)", manyEvents))
		end <- err
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-end:
			b.grown = fmt.Sprintf("%d events to a page that reads: the Go process grew by at most %.1f MB, the web processes by %.1f MB\n",
				manyEvents, float64(most.own-before.own)/1e6, float64(most.web-before.web)/1e6)
			return err
		case <-tick.C:
			now, err := memory()
			if err != nil {
				return err
			}
			most = resident{max(most.own, now.own), max(most.web, now.web)}
		}
	}
}

// resident is memory in bytes: of this process, and of its web processes together.
type resident struct{ own, web int64 }

func memory() (resident, error) {
	var r resident
	processes, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return r, err
	}
	for _, path := range processes {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state parent group …, and field 24 is the number of resident pages.
		head, rest, _ := strings.Cut(string(text), ") ")
		pid, name, _ := strings.Cut(head, " (")
		fields := strings.Fields(rest)
		pages, err := strconv.ParseInt(fields[21], 10, 64)
		if err != nil {
			return r, fmt.Errorf("%s: %w", path, err)
		}
		switch {
		case pid == strconv.Itoa(os.Getpid()):
			r.own = pages * int64(os.Getpagesize())
		case strings.HasPrefix(name, "WebKitWebProces") && fields[2] == strconv.Itoa(syscall.Getpgrp()): // WebKit detaches them
			r.web += pages * int64(os.Getpagesize())
		}
	}
	return r, nil
}
