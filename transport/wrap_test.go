package transport

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
)

// The numbers of 32 bits that a session gives or gets, near their end.

// TestEvalNumbersWrap: evals behind the 2^32nd have numbers that no other has whose value is still
// waited for, and the page's answers are taken.
func TestEvalNumbersWrap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := built(t, Options{})
		var sent []uint32
		collect := func() {
			synctest.Wait()
			nextFrames(t, s, func(_ *Batch, _ uint32, f wire.Frame) {
				sent = append(sent, binary.LittleEndian.Uint32(f.Payload))
			})
		}
		values := make(chan string, 10)
		result := func(js string) {
			go func() {
				v, err := s.EvalResult(context.Background(), js)
				values <- fmt.Sprintf("%s %s %v", js, v, err)
			}()
			collect()
		}
		answer := func(id uint32, value string) {
			t.Helper()
			if err := s.evalReply(wire.Result, append(twoWords(nil, id, 0), value...)); err != nil {
				t.Fatalf("the answer to eval %d gave %v", id, err)
			}
			synctest.Wait()
		}
		for _, js := range []string{"one", "two"} { // 1 and 2, which wait all the time
			result(js)
		}
		s.evals.last.Store(1<<32 - 3)
		for range 2 { // 2^32-2, 2^32-1
			result("before")
		}
		if err := s.Eval("quiet"); err != nil { // not 0, 1, 2
			t.Fatal(err)
		}
		collect()
		result("after")
		if want := []uint32{
			1, 2, 1<<32 - 2, 1<<32 - 1, 3, 4,
		}; fmt.Sprint(sent) != fmt.Sprint(want) {
			t.Fatalf("the numbers are %d, want %d", sent, want)
		}
		for i, id := range []uint32{4, 1<<32 - 1, 1<<32 - 2, 2, 1} {
			answer(id, fmt.Sprint(i))
			name := []string{"after", "before", "before", "two", "one"}[i]
			if got, want := <-values, fmt.Sprintf("%s %d <nil>", name, i); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		if evals := s.Stats().Evals; evals != 1<<32+4 {
			t.Errorf("%d evals are counted", evals)
		}
	})
}

// TestLaneNumbersEnd: the result that has no lane number any more ends the session, with a reason
// that says so.
func TestLaneNumbersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := built(t, Options{})
		s.lanes.fromGo.Store(lastLane - 2)
		call := func(id uint32) *invocation {
			inv := &invocation{s: s, id: id, name: "large"}
			inv.vacated.Store(true) // it has taken no place
			inv.ctx, inv.cancel = context.WithCancelCause(s.ctx)
			return inv
		}
		large := make([]byte, inlineBody+1)
		done := make(chan error, 1)
		go func() { done <- call(1).replyLane(large) }()
		synctest.Wait()
		next(t, s)
		synctest.Wait()
		if err := <-done; err != nil || s.lane(lastLane) == nil {
			t.Fatalf("the last lane: %v", err)
		}
		if err := call(2).replyLane(large); !errors.Is(err, ErrClosed) {
			t.Errorf("the one behind it gave %v", err)
		}
		if err := s.Err(); err == nil ||
			err.Error() != "transport: closed: the session has used all numbers of lanes: reload "+
				"the page" {
			t.Errorf("the session: %v", err)
		}
	})
}
