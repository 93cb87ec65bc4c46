package transport

import (
	"slices"
	"strings"
)

// ResumableStats are the figures of one resumable channel.
type ResumableStats struct {
	Name string
	// Oldest is the sequence of the oldest message that is kept, Newest that of the newest one that was accepted. Oldest is Newest+1 when none is kept.
	Oldest, Newest uint64
	// RawBytes is what the kept messages take without compression, Bytes the memory that they take, of HistoryBytes.
	RawBytes, Bytes, HistoryBytes int
	// Waiting is how many Sends wait for a reader.
	Waiting int
	// Closed says that it accepts no more messages.
	Closed bool
	// Readers are the pages that are attached, in the order in which they attached.
	Readers []ReaderStats
}

// ReaderStats are the figures of a page that is attached to a resumable channel.
type ReaderStats struct {
	// Label is the page's window.
	Label    string
	Observer bool
	// Consumed is the sequence of the last message that the page is known to have consumed, Lag how many it is behind the newest one.
	Consumed, Lag uint64
}

func (r *resumable) stats() ResumableStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	st := ResumableStats{
		Name: r.name, Oldest: r.h.oldest(), Newest: r.h.next - 1,
		RawBytes: r.h.raw + len(r.h.open), Bytes: r.h.bytes(), HistoryBytes: r.opt.HistoryBytes,
		Closed: r.end != nil,
	}
	for _, b := range r.senders.all[r.senders.head:] {
		if !b.over {
			st.Waiting++
		}
	}
	for _, rd := range r.readers {
		rd.settle()
		st.Readers = append(st.Readers, ReaderStats{rd.label, rd.observer, rd.consumed, r.h.next - 1 - rd.consumed})
	}
	return st
}

// Resumables returns the figures of the engine's resumable channels, by name.
func (e *Engine) Resumables() []ResumableStats {
	var all []ResumableStats
	e.resumables.Range(func(_ string, r *resumable) bool {
		all = append(all, r.stats())
		return true
	})
	slices.SortFunc(all, func(a, b ResumableStats) int { return strings.Compare(a.Name, b.Name) })
	return all
}
