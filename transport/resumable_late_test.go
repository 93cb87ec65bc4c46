package transport_test

import (
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// An observer that is behind what is kept when the channel ends learns that it misses something,
// not that it has everything.
func TestObserverLateAtTheEnd(t *testing.T) {
	overStores(t, func(t *testing.T) {
		for name, end := range map[string]func(*transport.Resumable[[]byte]){
			"Close":             (*transport.Resumable[[]byte]).Close,
			"Close and Discard": func(ch *transport.Resumable[[]byte]) { ch.Close(); ch.Discard() },
		} {
			t.Run(name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					e := newEngine(t, transport.Options{RingBytes: 64 << 10, MaxBatch: 16 << 10,
						Window: 32 << 10})
					ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{
						HistoryBytes: 256 << 10,
					})
					p := openPage(t, e, transporttest.Config{})
					c := mustResume(t, p, resumeArgs{Name: "flow", Observer: true}, 1)
					sendNumbered(t, ch, 200)
					synctest.Wait() // it is in the middle of these
					sendNumbered(t, ch, 4000)
					last := stats(t, ch).Newest
					end(ch)
					for {
						m, err := c.Next()
						if err == nil {
							err = checkNumbered(m, c.next)
							c.next++
							if err == nil {
								continue
							}
						}
						if err == transporttest.ErrChannelClosed {
							t.Errorf("it ends as if that were all behind %d of %d messages",
								c.next-1, last)
						}
						break
					}
				})
			})
		}
	})
}
