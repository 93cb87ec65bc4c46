package transport_test

import (
	"fmt"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// Where a page may begin.
func TestResumeFrom(t *testing.T) {
	overStores(t, func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{
				HistoryBytes: 256 << 10,
			})
			p := openPage(t, e, transporttest.Config{})
			mustResume(t, p, resumeArgs{Name: "flow"}, 1).Close()
			sendNumbered(t, ch, 3000)
			st := stats(t, ch)
			if st.Oldest < 2 || st.Newest != 3000 || st.Bytes > 256<<10 || st.RawBytes <= 0 {
				t.Fatalf("figures %+v", st)
			}
			oldest := resumeArgs{Name: "flow", From: "oldest", Observer: true}
			mustResume(t, p, oldest, st.Oldest).want(int(st.Newest - st.Oldest + 1))
			mustResume(t, p, resumeArgs{Name: "flow", From: st.Oldest, Observer: true},
				st.Oldest).want(50)
			mustResume(t, p, resumeArgs{Name: "flow", From: 2990, Observer: true}, 2990).want(11)
			newest := mustResume(t, p, resumeArgs{Name: "flow", From: "newest"}, 3001)
			next := mustResume(t, p, resumeArgs{Name: "flow", From: 3001}, 3001)
			sendNumbered(t, ch, 3010)
			newest.want(10)
			next.want(10)

			for _, from := range []any{st.Oldest - 1, 1} {
				_, err := resume(t, p, resumeArgs{Name: "flow", From: from})
				late := wantCode(t, err, transport.CodeTooLate)
				want := map[string]any{"oldest": float64(st.Oldest), "wanted": toFloat(from)}
				if got := fmt.Sprint(late.Detail); got != fmt.Sprint(want) {
					t.Errorf("detail %s", got)
				}
			}
			_, err := resume(t, p, resumeArgs{Name: "flow", From: 3012})
			wantCode(t, err, transport.CodeBadArguments)
			for _, from := range []any{"first", 0, -1, 1.5, map[string]int{}, []int{3}, "3", true} {
				_, err := resume(t, p, resumeArgs{Name: "flow", From: from})
				wantCode(t, err, transport.CodeBadArguments)
			}
			_, err = resume(t, p, resumeArgs{Name: "other"})
			wantCode(t, err, transport.CodeUnknownChannel)
			other := openPage(t, e, transporttest.Config{Label: "other"})
			mustResume(t, other, resumeArgs{Name: "flow"}, st.Oldest).want(5)
		})
	})
}

func toFloat(v any) float64 {
	if n, ok := v.(uint64); ok {
		return float64(n)
	}
	return float64(v.(int))
}

// "last" is too late when the history has gone on without the window.
func TestResumeLastTooLate(t *testing.T) {
	overStores(t, func(t *testing.T) {
		inBubble(t, func(t *testing.T) {
			e := newEngine(t, transport.Options{})
			ch := newResumable[[]byte](t, e, "flow", transport.ResumableOptions{
				HistoryBytes: 256 << 10,
			})
			sendNumbered(t, ch, 10)
			p := openPage(t, e, transporttest.Config{})
			mustResume(t, p, resumeArgs{Name: "flow"}, 1).want(10)
			p.Close()
			sendNumbered(t, ch, 5000)
			p = openPage(t, e, transporttest.Config{})
			_, err := resume(t, p, resumeArgs{Name: "flow"})
			late := wantCode(t, err, transport.CodeTooLate)
			oldest := uint64(late.Detail.(map[string]any)["oldest"].(float64))
			r := mustResume(t, p, resumeArgs{Name: "flow", From: oldest}, stats(t, ch).Oldest)
			r.want(int(5001 - oldest))
		})
	})
}
