package transport

import (
	"context"

	"github.com/tailrace-go/tailrace/transport/history"
)

// held is a hold and where it is to be. One goroutine at a time tells the store so, outside of mu:
// who comes meanwhile leaves it to that one. Guarded by the channel's mu.
type held struct {
	hold     history.Hold
	after    uint64
	released bool
	back     bool // after is behind where the store has it
	moved    bool // and not told
	telling  bool
}

// move has unlock tell a hold, which may be nil, what it needs no more. The caller holds mu.
func (r *resumable) move(h *held, after uint64) {
	if h != nil && h.after < after {
		h.after = after
		r.changed(h)
	}
}

// moveBack has unlock keep what is behind after, as far as it is still there.
func (r *resumable) moveBack(h *held, after uint64) {
	if h != nil && after < h.after {
		h.after, h.back = after, true
		r.changed(h)
	}
}

// release has unlock release a hold, which may be nil. The caller holds mu.
func (r *resumable) release(h *held) {
	if h != nil && !h.released {
		h.released = true
		r.changed(h)
	}
}

func (r *resumable) changed(h *held) {
	if !h.moved && !h.telling {
		r.moved = append(r.moved, h)
	}
	h.moved = true
}

// unlock releases mu, after the holds that were moved under it have been told.
func (r *resumable) unlock() {
	told := false
	defer func() {
		if !told { // one has ended the goroutine
			r.unlock()
		}
	}()
	for len(r.moved) > 0 {
		h := r.moved[len(r.moved)-1]
		r.moved = r.moved[:len(r.moved)-1]
		r.tell(h)
	}
	told = true
	r.mu.Unlock()
}

// tell tells one hold. mu is held before and after, whatever the store does.
func (r *resumable) tell(h *held) {
	hold, after, released, back := h.hold, h.after, h.released, h.back
	h.moved, h.back, h.telling = false, false, true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		h.hold, h.telling = hold, false
		if h.moved {
			r.moved = append(r.moved, h)
		}
	}()
	switch {
	case released:
		hold.Release()
	case back: // no hold moves back: another one takes its place
		if again := r.again(after); again != nil {
			before := hold
			hold = again
			before.Release()
		}
	default:
		hold.Move(after)
	}
}

// again gives a hold of what is behind after, as far as it is still there; nil if the store fails.
func (r *resumable) again(after uint64) history.Hold {
	ctx, cancel := context.WithTimeout(context.Background(), maxAsk)
	defer cancel()
	hold, err := r.store.holder.Hold(ctx, after)
	if err != nil {
		r.e.opt.Logger.Warn("what a page has not consumed may be dropped", "channel", r.name,
			"error", err)
		return nil
	}
	return hold
}
