//go:build ringdebug

package ranked_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/internal/ranked"
)

// panics gives what f panics with, "" when it does not.
func panics(f func()) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}

// lockFirst is a function whose name stands in the panic of who locks out of order.
func lockFirst(mu *ranked.Mutex[ranked.Lane]) { mu.Lock() }

// TestOrder: a lock of the same or a lower rank than one that is held panics and names both ranks
// and where the first was taken; in order, or on another goroutine, nothing does.
func TestOrder(t *testing.T) {
	var receipts ranked.Mutex[ranked.Receipts]
	var lane, other ranked.Mutex[ranked.Lane]
	var leaf ranked.Mutex[ranked.Leaf]
	lockFirst(&lane)
	for name, lock := range map[string]func(){"Receipts": receipts.Lock, "Lane": other.Lock} {
		got := panics(lock)
		for _, want := range []string{
			"ranked." + name, "ranked.Lane", "lockFirst", "order_test.go",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%s under Lane: the panic does not name %s:\n%s", name, want, got)
			}
		}
	}
	if got := panics(func() { leaf.Lock(); leaf.Unlock() }); got != "" {
		t.Errorf("in order: %s", got)
	}
	done := make(chan string)
	go func() { done <- panics(func() { receipts.Lock(); receipts.Unlock() }) }()
	if got := <-done; got != "" {
		t.Errorf("on a goroutine that holds nothing: %s", got)
	}
	if !other.TryLock() { // it does not wait, and so may
		t.Fatal("nobody holds it")
	}
	lane.Unlock()
	if got := panics(receipts.Lock); got == "" {
		t.Error("what TryLock took does not count")
	}
	other.Unlock()
	crossed := func() { receipts.Lock(); lane.Lock(); receipts.Unlock(); lane.Unlock() }
	if got := panics(crossed); got != "" {
		t.Errorf("unlocked in another order: %s", got)
	}
	if got := panics(lane.Unlock); !strings.Contains(got, "does not hold it") {
		t.Errorf("unlocked twice: %q", got)
	}
}
