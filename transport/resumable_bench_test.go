package transport_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// BenchmarkResumableSend is Send on a resumable channel that nobody reads, with all that its
// history costs: noise is copied twice and does not compress.
//
//	go test ./transport -run '^$' -bench ResumableSend
func BenchmarkResumableSend(b *testing.B) {
	for _, size := range []int{16, 128, 1024} {
		for _, senders := range []int{1, 4} {
			b.Run(fmt.Sprintf("%dB/%dsenders", size, senders), func(b *testing.B) {
				e := newEngine(b, transport.Options{})
				ch := newResumable[[]byte](b, e, "flow", transport.ResumableOptions{})
				b.SetBytes(int64(size))
				b.ReportAllocs()
				b.ResetTimer()
				var wg sync.WaitGroup
				for range senders {
					wg.Go(func() {
						message := noise(size)
						for range b.N / senders {
							if err := ch.Send(context.Background(), message); err != nil {
								b.Error(err)
							}
						}
					})
				}
				wg.Wait()
			})
		}
	}
}

// BenchmarkResumableRead is Send on a resumable channel while a page reads everything: the sender
// waits for the page when the history is full.
//
//	go test ./transport -run '^$' -bench ResumableRead
func BenchmarkResumableRead(b *testing.B) {
	for _, size := range []int{128, 4096} {
		b.Run(fmt.Sprintf("%dB", size), func(b *testing.B) {
			e := newEngine(b, transport.Options{})
			ch := newResumable[[]byte](b, e, "flow",
				transport.ResumableOptions{HistoryBytes: 1 << 20, WaitForReader: true})
			p, err := transporttest.Open(e, transporttest.Config{})
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			c := mustResume(b, p, resumeArgs{Name: "flow"}, 1)
			read := make(chan error, 1)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			b.ResetTimer()
			go func() {
				for range b.N {
					if _, err := c.Next(); err != nil {
						read <- err
						return
					}
				}
				read <- nil
			}()
			message := noise(size)
			for range b.N {
				if err := ch.Send(context.Background(), message); err != nil {
					b.Fatal(err)
				}
			}
			if err := <-read; err != nil {
				b.Fatal(err)
			}
		})
	}
}
