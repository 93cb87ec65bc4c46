package linearizability

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/tailrace-go/tailrace/ring"
)

// history records operations. Each client has its own list; the clock orders them.
type history struct {
	clock   atomic.Int64
	clients [][]porcupine.Operation
	// yield lets others run inside each operation, so that histories overlap on one
	// processor too. Without it the times are tighter, and the check is stricter.
	yield bool
}

// record runs do as an operation of the client.
func record[T any](h *history, client int, in any, do func() T) T {
	call := h.clock.Add(1)
	if h.yield {
		runtime.Gosched()
	}
	out := do()
	h.clients[client] = append(h.clients[client], porcupine.Operation{
		ClientId: client, Input: in, Call: call, Output: out, Return: h.clock.Add(1),
	})
	return out
}

func (h *history) operations() []porcupine.Operation {
	var all []porcupine.Operation
	for _, ops := range h.clients {
		all = append(all, ops...)
	}
	return all
}

func TestHistories(t *testing.T) {
	const rounds = 400
	for _, wait := range []bool{false, true} {
		for _, start := range []uint64{0, 1<<32 - 40, 1<<64 - 40} {
			t.Run(fmt.Sprintf("wait=%v/start=%#x", wait, start), func(t *testing.T) {
				overlaps := 0
				for seed := range uint64(rounds) {
					h := run(t, wait, start, seed)
					ops := h.operations()
					overlaps += countOverlaps(ops)
					if got := porcupine.CheckOperationsTimeout(newModel(64, start), ops,
						20*time.Second); got != porcupine.Ok {
						for _, op := range ops {
							t.Logf("%d: %d to %d: %T%+v -> %+v", op.ClientId, op.Call, op.Return,
								op.Input, op.Input, op.Output)
						}
						t.Fatalf("seed %d: the history is %v", seed, got)
					}
				}
				if overlaps == 0 {
					t.Error("no two operations of any history overlapped")
				}
			})
		}
	}
}

// countOverlaps counts the pairs of operations that were under way at once.
func countOverlaps(ops []porcupine.Operation) int {
	n := 0
	for i, a := range ops {
		for _, b := range ops[:i] {
			if a.ClientId != b.ClientId && a.Call < b.Return && b.Call < a.Return {
				n++
			}
		}
	}
	return n
}

// run makes one history: three producers that claim and commit, and a drainer that
// releases late. One of the producers may close in the middle; else the ring is
// closed when all have ended.
func run(t *testing.T, wait bool, start, seed uint64) *history {
	const producers, each = 3, 3
	h := &history{clients: make([][]porcupine.Operation, producers+2), yield: seed%2 == 1}
	bell := make(chan struct{}, 1)
	r, err := ring.New(make([]byte, 64), ring.Options{Start: start, Doorbell: func() {
		select {
		case bell <- struct{}{}:
		default:
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, uint64(p)))
			<-begin
			for range each {
				if rnd.IntN(20) == 0 {
					record(h, p, closeOp{}, func() any { r.Close(); return nil })
				}
				produce(h, p, r, claimOp{n: 1 + rnd.IntN(r.MaxClaim()), wait: wait})
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		wg.Wait()
		record(h, producers, closeOp{}, func() any { r.Close(); return nil })
		close(ended)
	}()
	close(begin)
	drain(h, producers+1, r, bell, rand.New(rand.NewPCG(seed, producers)))
	<-ended
	return h
}

func produce(h *history, client int, r *ring.Ring, op claimOp) {
	var c ring.Claim
	got := record(h, client, op, func() claimResult {
		var err error
		if op.wait {
			c, err = r.Claim(context.Background(), op.n)
		} else {
			c, err = r.TryClaim(op.n)
		}
		return claimResult{c.Pos(), err}
	})
	if got.err == nil {
		record(h, client, commitOp{got.pos}, func() any { r.Commit(c); return nil })
	}
}

// drain drains and releases until the ring is closed and drained.
func drain(h *history, client int, r *ring.Ring, bell <-chan struct{}, rnd *rand.Rand) {
	var unreleased struct {
		end uint64 // may be 0 for a ring that passes 2^64
		any bool
	}
	release := func() {
		if unreleased.any {
			end := unreleased.end
			record(h, client, releaseOp{end}, func() any { r.Release(end); return nil })
			unreleased.any = false
		}
	}
	for !record(h, client, drainedOp{}, r.Drained) {
		most := 32 + rnd.IntN(33)
		got := record(h, client, drainOp{most}, func() drainResult {
			b, frames, end := r.Drain(most)
			if frames == 0 {
				return drainResult{}
			}
			return drainResult{frames, len(b), end}
		})
		if got.frames > 0 {
			unreleased.end, unreleased.any = got.end, true
		}
		if got.frames == 0 || rnd.IntN(2) == 0 {
			release()
		}
		if got.frames == 0 && r.Park() {
			<-bell
		}
	}
	release()
}

// TestModelRefuses makes sure that the model is no rubber stamp.
func TestModelRefuses(t *testing.T) {
	ok := claimResult{pos: 0}
	for name, ops := range map[string][]porcupine.Operation{
		"drained before commit": sequence(claimOp{n: 8}, ok, drainOp{64}, drainResult{1, 8, 8}),
		"commit not seen": sequence(claimOp{n: 8}, ok, commitOp{0}, nil, drainOp{64},
			drainResult{}),
		"drained twice": sequence(claimOp{n: 8}, ok, commitOp{0}, nil, drainOp{64},
			drainResult{1, 8, 8}, drainOp{64}, drainResult{1, 8, 8}),
		"full with room":    sequence(claimOp{n: 8}, claimResult{err: ring.ErrFull}),
		"claim after close": sequence(closeOp{}, nil, claimOp{n: 8}, ok),
		"closed too early":  sequence(claimOp{n: 8}, claimResult{err: ring.ErrClosed}),
		"same place twice":  sequence(claimOp{n: 8}, ok, claimOp{n: 8}, ok),
	} {
		if porcupine.CheckOperations(newModel(64, 0), ops) {
			t.Errorf("%s: accepted", name)
		}
	}
}

// sequence makes a history without overlap of inputs, each followed by its output.
func sequence(inOut ...any) []porcupine.Operation {
	var ops []porcupine.Operation
	for i := 0; i < len(inOut); i += 2 {
		at := int64(2 * i)
		ops = append(ops, porcupine.Operation{Input: inOut[i], Output: inOut[i+1], Call: at,
			Return: at + 1})
	}
	return ops
}
