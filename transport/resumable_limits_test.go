package transport_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// noise is a message that does not compress.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(uint64(n), 3))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestHistoryMessage: a message of a fourth of the history is kept and arrives whole; one byte more
// is ErrTooLarge, and the channel goes on.
func TestHistoryMessage(t *testing.T) {
	for _, history := range []int{256 << 10, 300_001, 1 << 20} {
		t.Run(fmt.Sprint(history), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				e := newEngine(t, transport.Options{})
				ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{
					HistoryBytes: history,
				})
				page := mustResume(t, openPage(t, e, transporttest.Config{}),
					resumeArgs{Name: "flow"}, 1)
				largest := history / 4
				for _, n := range []int{largest - 1, largest, largest + 1, largest} {
					err := ch.Send(t.Context(), noise(n))
					if n > largest {
						if !errors.Is(err, transport.ErrTooLarge) {
							t.Errorf("%d bytes: %v", n, err)
						}
						continue
					}
					if err != nil {
						t.Fatalf("%d bytes: %v", n, err)
					}
					if m, err := page.Next(); err != nil || string(m.Data) != string(noise(n)) {
						t.Fatalf("%d bytes came as %d: %v", n, len(m.Data), err)
					}
				}
				if st := ch.Stats(); st.Newest != 3 || st.Bytes > history {
					t.Errorf("figures %+v", st)
				}
			})
		})
	}
}

// TestHistoryBytes: four messages that fill the history to the byte are kept; were each one byte
// larger, it would be three. One more waits, or takes the place of the oldest.
func TestHistoryBytes(t *testing.T) {
	const (
		history = 256 << 10
		// a block's cost beside its data, and the message's length in the block
		exact = 64<<10 - 96 - 3
	)
	for n, fit := range map[int]uint64{exact - 1: 4, exact: 4, exact + 1: 3} {
		for _, wait := range []bool{true, false} {
			ch := newResumable[[]byte](t, newEngine(t, transport.Options{}), "flow",
				transport.ResumableOptions{HistoryBytes: history, WaitForReader: wait})
			for range fit {
				if err := ch.TrySend(noise(n)); err != nil {
					t.Fatalf("%d bytes: %v", n, err)
				}
			}
			if st := ch.Stats(); st.Oldest != 1 || st.Newest != fit || st.Bytes > history {
				t.Errorf("%d messages of %d bytes: %+v", fit, n, st)
			}
			switch err := ch.TrySend(noise(n)); {
			case wait && !errors.Is(err, transport.ErrFull):
				t.Errorf("message %d of %d bytes: %v", fit+1, n, err)
			case !wait && err != nil:
				t.Errorf("message %d of %d bytes, nobody reads: %v", fit+1, n, err)
			}
			st := ch.Stats()
			if oldest, newest := uint64(1), fit; wait &&
				(st.Oldest != oldest || st.Newest != newest) {
				t.Errorf("what is refused is kept: %+v", st)
			}
			if !wait && (st.Oldest != 2 || st.Newest != fit+1 || st.Bytes > history) {
				t.Errorf("one more than fits: %+v", st)
			}
		}
	}
}

// TestReaders: n-1 and n pages attach; the next is rejected and harms none of the others, and who
// leaves makes room.
func TestReaders(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const readers = 3
		e := newEngine(t, transport.Options{})
		ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{Readers: readers})
		page := func(i int) *transporttest.Page {
			return openPage(t, e, transporttest.Config{Label: fmt.Sprint("w", i)})
		}
		var pages []*transporttest.Page
		var attached []*resumed
		for i := range readers {
			pages = append(pages, page(i))
			attached = append(attached, mustResume(t, pages[i], resumeArgs{
				Name: "flow", Observer: i == 1,
			}, 1))
		}
		late := page(readers)
		_, err := resume(t, late, resumeArgs{Name: "flow"})
		wantCode(t, err, transport.CodeBusy)
		if n := len(ch.Stats().Readers); n != readers {
			t.Errorf("%d pages are attached", n)
		}
		sendNumbered(t, ch, 20)
		for _, c := range attached {
			c.want(20)
		}
		pages[0].Close()
		synctest.Wait()
		mustResume(t, late, resumeArgs{Name: "flow", From: "oldest"}, 1).want(20)
		time.Sleep(time.Minute)
		if n := len(ch.Stats().Readers); n != readers {
			t.Errorf("%d pages are attached after one has left and one has come", n)
		}
	})
}
