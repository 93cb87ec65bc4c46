package bench

import (
	"fmt"
	"sync"
	"testing"
)

// BenchmarkSend measures a message from send to drained. b.N messages are divided
// over the producers; the consumer is the benchmark's own goroutine.
func BenchmarkSend(b *testing.B) {
	for _, k := range kinds {
		for _, producers := range []int{1, 2, 4, 16} {
			for _, size := range []int{64, 1024, 16384} {
				b.Run(fmt.Sprintf("%s/producers=%d/size=%d", k.name, producers, size),
					func(b *testing.B) {
						sendAll(b, k.make(size), producers, size)
					})
			}
		}
	}
}

func sendAll(b *testing.B, q queue, producers, size int) {
	b.ReportAllocs()
	b.SetBytes(int64(size))
	b.ResetTimer()
	var wg sync.WaitGroup
	for p := range producers {
		n := b.N / producers
		if p < b.N%producers {
			n++
		}
		wg.Go(func() {
			msg := make([]byte, size)
			for range n {
				q.send(msg)
			}
		})
	}
	for got := 0; got < b.N; {
		got += q.drain()
	}
	wg.Wait()
}

// TestQueues checks that every baseline delivers everything, so that the
// benchmark compares queues that work.
func TestQueues(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			const producers, each, size = 3, 5000, 1024
			q := k.make(size)
			var wg sync.WaitGroup
			for range producers {
				wg.Go(func() {
					msg := make([]byte, size)
					for range each {
						q.send(msg)
					}
				})
			}
			got := 0
			for got < producers*each {
				got += q.drain()
			}
			wg.Wait()
			if got != producers*each {
				t.Errorf("%d messages drained, %d sent", got, producers*each)
			}
		})
	}
}
