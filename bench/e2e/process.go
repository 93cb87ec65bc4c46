//go:build linux && cgo

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// process is what the kernel says of one process: the seconds of CPU time that all its threads
// have had, and its resident bytes.
type process struct {
	cpu      float64
	resident int64
}

// family is this process and WebKit's, which belong to it.
type family struct {
	own process
	web map[int]process // web and network processes, by their number
}

// perSecond is the unit of CPU times in /proc.
const perSecond = 100

func processes() (family, error) {
	f := family{web: map[int]process{}}
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return f, err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state parent group …; fields 14 and 15 are user and system time, field 24 is
		// the number of resident pages.
		head, rest, _ := strings.Cut(string(text), ") ")
		number, name, _ := strings.Cut(head, " (")
		var n [4]int64
		fields := strings.Fields(rest)
		for i, s := range []string{number, fields[11], fields[12], fields[21]} {
			if n[i], err = strconv.ParseInt(s, 10, 64); err != nil {
				return f, fmt.Errorf("%s: %w", path, err)
			}
		}
		p := process{float64(n[1]+n[2]) / perSecond, n[3] * int64(os.Getpagesize())}
		switch {
		case number == strconv.Itoa(os.Getpid()):
			f.own = p
		// WebKit detaches them
		case strings.HasPrefix(name, "WebKit") && fields[2] == strconv.Itoa(syscall.Getpgrp()):
			f.web[int(n[0])] = p
		}
	}
	return f, nil
}

// cpu gives the CPU time of all of them.
func (f family) cpu() float64 {
	total := f.own.cpu
	for _, p := range f.web {
		total += p.cpu
	}
	return total
}

// resident gives the resident bytes of WebKit's processes.
func (f family) resident() int64 {
	var total int64
	for _, p := range f.web {
		total += p.resident
	}
	return total
}

// busiest gives the web process that has worked most since before.
func (f family) busiest(before family) (pid int) {
	most := -1.0
	for n, p := range f.web {
		if worked := p.cpu - before.web[n].cpu; worked > most {
			pid, most = n, worked
		}
	}
	return pid
}
