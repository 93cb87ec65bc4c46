//go:build linux && (amd64 || arm64)

package shm

import (
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// Each side stores its word and loads the other's: one of them, at least, sees the other's store.
// Doorbells rest on that.
func TestStoreComesBeforeLoad(t *testing.T) {
	fd, b, err := mapped(content, unix.PROT_READ|unix.PROT_WRITE, sized)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	defer unmap(b)
	const rounds = 200_000
	words := [2]int{downTail, downSleeping}
	var saw [2][]uint32
	ready := word32(b, downWants) // counts up by one a side and round
	var sides sync.WaitGroup
	for i := range words {
		saw[i] = make([]uint32, rounds)
		sides.Go(func() {
			for r := range uint32(rounds) {
				ready.word.Add(1)
				for ready.Load() < 2*(r+1) {
					runtime.Gosched()
				}
				word32(b, words[i]).Store(r + 1)
				saw[i][r] = word32(b, words[1-i]).Load()
			}
		})
	}
	sides.Wait()
	for r := range uint32(rounds) {
		if saw[0][r] <= r && saw[1][r] <= r {
			t.Fatalf("round %d: both have stored, and neither sees it", r)
		}
	}
}
