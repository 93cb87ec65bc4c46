package main

import (
	"bytes"
	"strings"
)

// maxLine is the length in bytes at which a line is cut.
const maxLine = 64 << 10

// lines is a writer that calls each for every line. It is used by one goroutine at a time.
type lines struct {
	each func(line string) error
	rest []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, after, found := bytes.Cut(l.rest, []byte("\n"))
		if len(line) > maxLine {
			line, after, found = l.rest[:maxLine], l.rest[maxLine:], true
		}
		if !found {
			return len(p), nil
		}
		l.rest = after
		if err := l.each(text(line)); err != nil {
			return 0, err
		}
	}
}

// flush gives a last line that had no end.
func (l *lines) flush() error {
	if len(l.rest) == 0 {
		return nil
	}
	line := text(l.rest)
	l.rest = nil
	return l.each(line)
}

func text(line []byte) string {
	return strings.ToValidUTF8(string(bytes.TrimSuffix(line, []byte("\r"))), "\ufffd")
}
