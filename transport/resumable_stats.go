package transport

import (
	"slices"
	"strings"
)

// ResumableStats are the figures of one resumable channel. They are meant to be printed as JSON,
// too.
type ResumableStats struct {
	Name string `json:"name"`
	// Oldest is the sequence of the oldest message that is kept, Newest that of the newest one that
	// was accepted. Oldest is Newest+1 when none is kept.
	Oldest uint64 `json:"oldest"`
	Newest uint64 `json:"newest"`
	// RawBytes is what the kept messages take without compression, Bytes the memory that they take,
	// of HistoryBytes.
	RawBytes     int `json:"rawBytes"`
	Bytes        int `json:"bytes"`
	HistoryBytes int `json:"historyBytes"`
	// Waiting is how many Sends wait for a reader.
	Waiting int `json:"waiting"`
	// Closed says that it accepts no more messages.
	Closed bool `json:"closed"`
	// Readers are the pages that are attached, in the order in which they attached.
	Readers []ReaderStats `json:"readers"`
}

// ReaderStats are the figures of a page that is attached to a resumable channel.
type ReaderStats struct {
	// Label is the page's window.
	Label    string `json:"label"`
	Observer bool   `json:"observer"`
	// Consumed is the sequence of the last message that the page is known to have consumed, Lag how
	// many it is behind the newest one.
	Consumed uint64 `json:"consumed"`
	Lag      uint64 `json:"lag"`
}

func (r *resumable) stats() ResumableStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	news := false
	for _, rd := range r.readers {
		news = rd.settle() || news
	}
	if news {
		r.grant() // the readers find nothing to settle any more
	}
	st := ResumableStats{
		Name: r.name, Oldest: r.h.oldest(), Newest: r.h.next - 1,
		RawBytes: r.h.raw + len(r.h.open), Bytes: r.h.bytes(), HistoryBytes: r.opt.HistoryBytes,
		Waiting: r.senders.len(), Closed: r.end != nil, Readers: make([]ReaderStats, 0,
			len(r.readers)),
	}
	for _, rd := range r.readers {
		st.Readers = append(st.Readers, ReaderStats{
			rd.label, rd.observer, rd.consumed, r.h.next - 1 - rd.consumed,
		})
	}
	return st
}

// Resumables returns the figures of the engine's resumable channels, by name.
func (e *Engine) Resumables() []ResumableStats {
	all := []ResumableStats{}
	e.resumables.Range(func(_ string, r *resumable) bool {
		all = append(all, r.stats())
		return true
	})
	slices.SortFunc(all, func(a, b ResumableStats) int { return strings.Compare(a.Name, b.Name) })
	return all
}
