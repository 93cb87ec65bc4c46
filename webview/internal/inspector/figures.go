package inspector

import (
	"context"
	"runtime/metrics"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// Pace is the time between two sets of figures, MaxListed how many channels they list, and how many
// resumable ones with their readers.
const (
	Pace      = 250 * time.Millisecond
	MaxListed = 500
)

// Figures are what the page draws.
type Figures struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Heap    uint64   `json:"heap"` // of the Go process
	Windows []Window `json:"windows"`
	// Resumables are the resumable channels, MoreResumables how many are not listed.
	Resumables     []Resumable `json:"resumables"`
	MoreResumables int         `json:"moreResumables"`
}

// Window is a window of the app.
type Window struct {
	Label string `json:"label"`
	// Session is what its page has, nil if none is connected.
	Session  *transport.SessionStats  `json:"session"`
	Channels []transport.ChannelStats `json:"channels"`
	// More is how many channels are not listed.
	More int `json:"more"`
}

// Resumable is a resumable channel; of its readers some may not be listed.
type Resumable struct {
	transport.ResumableStats
	// Attached is how many readers there are, Lag that of the one farthest behind.
	Attached int    `json:"attached"`
	Lag      uint64 `json:"lag"`
}

// Shown is a window, with the session of its page, which may be nil.
type Shown struct {
	Label   string
	Session *transport.Session
}

// Watch sends what read gives, four times a second, until the page is gone.
func Watch(ctx context.Context, to *transport.Channel[Figures], read func() Figures) error {
	if err := to.Configure(transport.ChannelOptions{OnFull: transport.Latest}); err != nil {
		return err
	}
	t := time.NewTicker(Pace)
	defer t.Stop()
	for {
		if err := to.Send(ctx, read()); err != nil {
			return err
		}
		select {
		case <-t.C:
		case <-to.Done():
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Read reads the figures of the windows and of the resumable channels.
func Read(windows []Shown, resumables []transport.ResumableStats) Figures {
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	f := Figures{Heap: heap[0].Value.Uint64(), Windows: []Window{}}
	room := MaxListed
	for _, w := range windows {
		i := Window{Label: w.Label, Channels: []transport.ChannelStats{}}
		if s := w.Session; s != nil {
			figures := s.Stats()
			i.Session = &figures
			for c := range s.Channels() {
				if room == 0 {
					i.More = max(0, s.Stats().Lanes-len(i.Channels))
					break
				}
				i.Channels = append(i.Channels, c)
				room--
			}
		}
		f.Windows = append(f.Windows, i)
	}
	f.Resumables, f.MoreResumables = List(resumables)
	return f
}

// List lists channels with their readers, MaxListed of both together, and says how many channels
// are left over.
func List(all []transport.ResumableStats) (listed []Resumable, more int) {
	listed = []Resumable{}
	room := MaxListed
	for _, st := range all {
		if room == 0 {
			break
		}
		i := Resumable{ResumableStats: st, Attached: len(st.Readers)}
		for _, r := range st.Readers {
			i.Lag = max(i.Lag, r.Lag)
		}
		room--
		i.Readers = st.Readers[:min(room, len(st.Readers))]
		room -= len(i.Readers)
		listed = append(listed, i)
	}
	return listed, len(all) - len(listed)
}
