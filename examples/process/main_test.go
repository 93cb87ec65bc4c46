//go:build linux && cgo

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, setup) }

const (
	outcome = "document.querySelector('output').textContent.replace(/ after .*/, '')"
	output  = "document.querySelector('.lines').textContent.trim().split('\\n')"
)

// TestPage: both pipes in their order, the exit code, many lines, and kill.
func TestPage(t *testing.T) {
	w := exampletest.Open(t, window)
	exampletest.Click(t, w, "[value=steps]")
	exampletest.Await(t, w, outcome, "Exit code 3")
	exampletest.Picture(t, w)
	var steps []string
	for i := range 8 {
		steps = append(steps, fmt.Sprintf("step %d of 8", i+1))
	}
	exampletest.Await(t, w, "[...document.querySelectorAll('.lines span')].map(e => "+
		"e.textContent.trim())", steps)
	exampletest.Await(t, w, "[...document.querySelectorAll('.lines i')].map(e => "+
		"e.textContent.trim())", []string{"warning: step 3 was slow", "error: one step was slow"})

	exampletest.Click(t, w, "[value=lines]")
	exampletest.Await(t, w, outcome, "Exit code 0")
	exampletest.Await(t, w, "document.querySelector('#count').textContent", "100,000 lines")
	exampletest.Await(t, w, output+".every((line, i) => line === `line ${99601 + i}`)", true)

	exampletest.Click(t, w, "[value=forever]")
	exampletest.Await(t, w, output+".length > 2", true)
	exampletest.Click(t, w, "#kill")
	exampletest.Await(t, w, outcome, "Killed")
	exampletest.Await(t, w, "tailrace.invoke('run', { task: 'rm', output: new tailrace.Channel() "+
		"}).catch((e) => e.code)", "unknown_task")
	const closed = `(() => {
		const output = new tailrace.Channel();
		const call = tailrace.invoke('run', { task: 'forever', output });
		output.onmessage = () => output.close();
		return call.catch((e) => e.code);
	})()`
	exampletest.Await(t, w, closed, "channel_closed")
	for w.Session().Stats().Running > 0 { // the handler has ended, so the child has
		exampletest.Await(t, w, "1", 1)
	}
}

// TestLines: lines come as they are, however they are cut into writes.
func TestLines(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	text := "one\r\n\ntwo \xff\n" + long + "y\nend"
	want := []string{"one", "", "two \ufffd", long, "y", "end"}
	for _, step := range []int{1, 7, len(text)} {
		var got []string
		l := &lines{each: func(line string) error { got = append(got, line); return nil }}
		for rest := text; rest != ""; {
			n := min(step, len(rest))
			if _, err := l.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := l.flush(); err != nil || !slices.Equal(got, want) {
			t.Errorf("in steps of %d: %.99q, %v", step, got, err)
		}
	}
	gone := errors.New("gone")
	if _, err := (&lines{
		each: func(string) error { return gone },
	}).Write([]byte("a\n")); err != gone {
		t.Error(err)
	}
}
