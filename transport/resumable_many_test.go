package transport_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// Only so many pages, and each channel of a page once.
func TestResumeReaders(t *testing.T) {
	overStores(t, func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			newResumable[int](t, e, "flow", transport.ResumableOptions{Readers: 2})
			p := openPage(t, e, transporttest.Config{})
			first := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
			mustResume(t, p, resumeArgs{Name: "flow", Observer: true}, 1)
			_, err := resume(t, p, resumeArgs{Name: "flow"})
			wantCode(t, err, transport.CodeBusy)
			first.Close()
			time.Sleep(time.Minute)
			third := mustResume(t, p, resumeArgs{Name: "flow"}, 1)
			second := openPage(t, e, transporttest.Config{Label: "second"})
			_, err = resume(t, second, resumeArgs{Name: "flow"})
			wantCode(t, err, transport.CodeBusy)
			p.Close()
			mustResume(t, second, resumeArgs{Name: "flow"}, 1)

			newResumable[int](t, e, "other", transport.ResumableOptions{})
			again := second.NewChannel()
			for i, want := range []string{"", transport.CodeBadArguments} {
				_, err := second.Invoke(transporttest.Request{Command: transport.CommandResume,
					Args:     resumeArgs{Name: "other", Channel: again},
					Channels: []*transporttest.Channel{again},
				})
				if want != "" {
					wantCode(t, err, want)
				} else if err != nil {
					t.Fatal(i, err)
				}
			}
			_, err = second.Invoke(transporttest.Request{
				Command: transport.CommandResume, Args: map[string]any{"name": "other"},
			})
			wantCode(t, err, transport.CodeBadArguments)
			_ = third
		})
	})
}

// The figures of all channels, by name.
func TestResumables(t *testing.T) {
	e := newEngine(t, transport.Options{})
	for _, name := range []string{"b", "a", "c"} {
		newResumable[int](t, e, name, transport.ResumableOptions{})
	}
	var names string
	for _, st := range e.Resumables() {
		names += st.Name
		if st.Oldest != 1 || st.Newest != 0 || st.Bytes != 64<<10 {
			t.Errorf("figures of an empty one: %+v", st)
		}
	}
	if names != "abc" {
		t.Errorf("names %q", names)
	}
}

// Several senders, readers and observers at once, some of which leave in between: all see one
// order, and each sender's messages in it.
func TestResumableConcurrent(t *testing.T) {
	overStores(t, func(t *testing.T) {
		const senders, pages = 4, 4
		each, stay := 1500, 700
		if isFar(t) { // each message takes its time
			each, stay = 200, 90
		}
		e := newEngine(t, transport.Options{
			RingBytes: 64 << 10, MaxBatch: 16 << 10, Window: 64 << 10,
		})
		ch := newResumable[[2]int](t, e, "flow", transport.ResumableOptions{
			HistoryBytes: 512 << 10, WaitForReader: true,
		})
		orders := make([][][2]int, pages)
		var reading, sending sync.WaitGroup
		for i := range pages {
			orders[i] = make([][2]int, senders*each+1) // by sequence
			reading.Go(func() {
				label := fmt.Sprintf("w%d", i)
				for leave := stay; ; leave += stay + 200 {
					p := openPage(t, e, transporttest.Config{Label: label})
					c, err := resume(t, p, resumeArgs{Name: "flow"})
					if err != nil {
						t.Errorf("page %d: %v", i, err)
						return
					}
					for n := 0; n < leave || i == 0; n++ {
						m, err := c.Next()
						if errors.Is(err, transporttest.ErrChannelClosed) {
							p.Close()
							return
						}
						var v [2]int
						if err == nil {
							err = json.Unmarshal(m.Data, &v)
						}
						if old := orders[i][c.next]; err == nil && old != [2]int{} && old != v {
							err = fmt.Errorf("message %d is %v, and was %v", c.next, v, old)
						}
						if err != nil {
							t.Errorf("page %d: %v", i, err)
							return
						}
						orders[i][c.next] = v
						c.next++
					}
					p.Close()
				}
			})
		}
		for s := range senders {
			sending.Go(func() {
				for n := 1; n <= each; n++ {
					if err := send(within(t), ch, [2]int{s, n}); err != nil {
						t.Errorf("sender %d: %v", s, err)
						return
					}
				}
			})
		}
		sending.Wait()
		ch.Close()
		reading.Wait()
		next := [senders]int{}
		for sequence, v := range orders[0][1:] {
			if next[v[0]]++; v[1] != next[v[0]] {
				t.Fatalf("sequence %d is message %d of sender %d, where %d is due", sequence+1,
					v[1], v[0], next[v[0]])
			}
		}
		for i := range orders {
			if !slices.Equal(orders[i], orders[0]) {
				t.Errorf("page %d has another order than page 0", i)
			}
		}
	})
}
