//go:build ringdebug && !amd64 && !arm64

package ranked

import (
	"bytes"
	"runtime"
	"strconv"
)

// goroutine is the number of the calling goroutine: "goroutine 7 [running]:…".
func goroutine() uintptr {
	var text [64]byte
	b, _ := bytes.CutPrefix(text[:runtime.Stack(text[:], false)], []byte("goroutine "))
	number, _, _ := bytes.Cut(b, []byte(" "))
	n, err := strconv.ParseUint(string(number), 10, 64)
	if err != nil {
		panic(err) // the runtime writes a number there
	}
	return uintptr(n)
}
