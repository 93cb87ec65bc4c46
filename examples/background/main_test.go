//go:build linux && cgo

package main

import (
	"testing"

	"github.com/tailrace-go/tailrace/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, setup) }

const count = "Number(document.querySelector('#n').textContent.replaceAll(',', ''))"

// TestPages: each process emits to its own window, until its page stops it or is gone.
func TestPages(t *testing.T) {
	first, second := exampletest.Open(t, windows[0]), exampletest.Open(t, windows[1])
	exampletest.Click(t, first, "#start")
	exampletest.Await(t, second, "document.querySelector('output')?.textContent", "Stopped")
	exampletest.Await(t, first, count+" >= 42", true)
	exampletest.Await(t, second, count, 0)
	exampletest.Picture(t, first, second)

	exampletest.Await(t, second, "document.querySelector('#pace').value = '1'", "1")
	exampletest.Click(t, second, "#start")
	exampletest.Await(t, second, count+" > 300", true)
	exampletest.Await(t, first, count+" < 300", true)

	exampletest.Click(t, second, "#stop")
	exampletest.Await(t, second, "document.querySelector('output').textContent", "Stopped")
	exampletest.Click(t, second, "#start")
	exampletest.Await(t, second, "document.querySelector('output').textContent", "Running")
	second.Reload()
	exampletest.Close(first)
	processes.Wait() // a reload and a closed window have ended the two
	exampletest.Await(t, second, "document.querySelector('output')?.textContent", "Stopped")
	exampletest.Click(t, second, "#start")
	exampletest.Await(t, second, count+" > 3", true)
}
