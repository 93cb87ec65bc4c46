package transport_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/history"
)

// The tests of resumable channels run over several stores; a test's name tells which.
const (
	inMemory = "store=memory"
	slow     = "store=slow"    // each call takes time
	failing  = "store=failing" // and some appends and reads fail
)

// overStores runs a test over each of the stores; it may leave out those it can't have.
func overStores(t *testing.T, f func(*testing.T), but ...string) {
	t.Helper()
	for _, store := range []string{inMemory, slow, failing} {
		if len(but) == 0 || but[0] != store {
			t.Run(store, f)
		}
	}
}

// isFar reports whether the test's store is not in memory.
func isFar(t testing.TB) bool {
	return strings.Contains(t.Name(), slow) || strings.Contains(t.Name(), failing)
}

// overStore gives the options with the test's store.
func overStore(t testing.TB, o transport.ResumableOptions) transport.ResumableOptions {
	t.Helper()
	if !isFar(t) || o.Store != nil {
		return o
	}
	if o.HistoryBytes == 0 {
		o.HistoryBytes = 16 << 20
	}
	o.Store = &farStore{
		Memory: newMemory(t, o.HistoryBytes), fails: strings.Contains(t.Name(), failing),
	}
	o.Store = struct{ history.Holder }{o.Store.(*farStore)} // it is no history.Local
	o.HistoryBytes = 0
	return o
}

func newMemory(t testing.TB, limit int) *history.Memory {
	t.Helper()
	m, err := history.NewMemory(limit)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// farStore is a store as one far away: calls take time, and may fail.
type farStore struct {
	*history.Memory
	fails          bool
	appends, reads atomic.Int64
}

var errFar = errors.New("the network is down")

// takes lets time pass, or the context end.
func takes(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *farStore) Append(ctx context.Context, message []byte, placed func()) (uint64, error) {
	if err := takes(ctx, time.Millisecond); err != nil {
		return 0, err
	}
	if f.fails && f.appends.Add(1)%7 == 0 {
		return 0, errFar
	}
	return f.Memory.Append(ctx, message, placed)
}

func (f *farStore) Read(ctx context.Context, epoch, from uint64, b *history.Block) error {
	if err := takes(ctx, 2*time.Millisecond); err != nil {
		return err
	}
	if f.fails && f.reads.Add(1)%5 == 0 {
		return errFar
	}
	return f.Memory.Read(ctx, epoch, from, b)
}

func (f *farStore) State(ctx context.Context) (history.State, error) {
	if err := takes(ctx, time.Millisecond); err != nil {
		return history.State{}, err
	}
	return f.Memory.State(ctx)
}

func (f *farStore) Hold(ctx context.Context, after uint64) (history.Hold, error) {
	if err := takes(ctx, time.Millisecond); err != nil {
		return nil, err
	}
	return f.Memory.Hold(ctx, after)
}

// send sends again what a failing store has not kept.
func send[T any](ctx context.Context, r *transport.Resumable[T], v T) error {
	for {
		err := r.Send(ctx, v)
		if !errors.Is(err, errFar) {
			return err
		}
		if !errors.Is(err, transport.ErrStore) || errors.Is(err, transport.ErrClosed) {
			return errors.Join(errors.New("not the error of a store"), err)
		}
	}
}

// trySend is TrySend; over a far store, one that waits for a second.
func trySend[T any](t testing.TB, r *transport.Resumable[T], v T) error {
	t.Helper()
	if !isFar(t) {
		return r.TrySend(v)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := send(ctx, r, v)
	if errors.Is(err, context.DeadlineExceeded) {
		return transport.ErrFull
	}
	return err
}

// stats gives figures that are no older than the call. Over a far store, in a bubble, this takes
// some time.
func stats[T any](t testing.TB, r *transport.Resumable[T]) transport.ResumableStats {
	t.Helper()
	st := r.Stats()
	if isFar(t) {
		time.Sleep(2 * time.Millisecond) // one that was under way
		r.Stats()
		time.Sleep(2 * time.Millisecond)
		st = r.Stats()
		time.Sleep(2 * time.Millisecond) // it leaves nothing behind
	}
	return st
}

// settled waits, in a bubble, until nothing moves any more.
func settled(t testing.TB) {
	t.Helper()
	if isFar(t) {
		time.Sleep(20 * time.Second)
	}
	synctest.Wait()
}
