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
	// Waiting is how many Sends wait: for a reader, for the store, or for those before them.
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
	st := ResumableStats{Name: r.name, Readers: []ReaderStats{}}
	r.mu.Lock()
	for _, rd := range r.readers {
		rd.settle() // the readers find nothing to settle any more
		st.Readers = append(st.Readers, ReaderStats{
			Label: rd.label, Observer: rd.observer, Consumed: rd.consumed,
		})
	}
	st.Closed = r.end != nil
	r.unlock()
	kept := r.store.figures()
	st.Oldest, st.Newest = kept.Oldest, kept.Newest
	st.RawBytes, st.Bytes, st.HistoryBytes = kept.RawBytes, kept.Bytes, kept.Limit
	st.Waiting = r.store.in.Waiting()
	for i := range st.Readers {
		if rd := &st.Readers[i]; rd.Consumed < st.Newest { // else what is known is old
			rd.Lag = st.Newest - rd.Consumed
		}
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
