package fuzz

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// feed is a resumable channel that lives as long as the engine: what one page has not taken the
// next one gets.
type feed struct {
	channel *transport.Resumable[[]byte]
	sender  *actor
	// Guarded by the load's mu; loads follow each other.
	offered  int
	accepted []feedMessage // by sequence, from 1 on
	taken    int           // the last sequence that any page has taken
}

type feedMessage struct{ n, size int }

// resumed is a page's end of it.
type resumed struct {
	page    *transporttest.Channel
	started bool // the first message has come
	first   int  // sequence of the one behind that
	arrived int  // the last sequence that has come
	read    int  // messages that the page has taken, the first one included
	closed  bool
}

const feedSeries = 0x50

func newFeed(e *transport.Engine) (*feed, error) {
	c, err := transport.NewResumable[[]byte](e, "feed", transport.ResumableOptions{
		HistoryBytes: 256 << 10, WaitForReader: true,
	})
	if err != nil {
		return nil, err
	}
	return &feed{channel: c, sender: newActor()}, nil
}

// end ends it; sends that wait give ErrClosed.
func (f *feed) end() {
	f.channel.Discard()
	f.sender.end()
}

// feedSend sends on it.
func (l *load) feedSend(n int, wait bool) {
	f := l.feed
	f.sender.do(func() {
		l.mu.Lock()
		number := f.offered
		f.offered++
		l.mu.Unlock()
		data := content(feedSeries, number, n)
		var err error
		if wait {
			err = f.channel.Send(context.Background(), data)
		} else {
			err = f.channel.TrySend(data)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		switch {
		case err == nil:
			f.accepted = append(f.accepted, feedMessage{number, n})
		case !expected(err):
			l.breaks(fmt.Errorf("a send on the feed gave %w", err))
		}
	})
}

// resume has the page attach to it, once.
func (l *load) resume(from string) {
	l.mu.Lock()
	if l.resumed != nil {
		l.mu.Unlock()
		return
	}
	r := &resumed{}
	l.resumed = r
	l.mu.Unlock()
	c := &call{want: func(_ *transporttest.Result, err error) error {
		if err != nil {
			return fmt.Errorf("resume gave %w", err)
		}
		return nil
	}}
	l.begin(c, func() transporttest.Request {
		p := l.page.NewChannel()
		l.mu.Lock()
		defer l.mu.Unlock()
		r.page = p
		return transporttest.Request{
			Command: transport.CommandResume,
			Args: map[string]any{
				"name": "feed", "from": from, "channel": p,
			}, Channels: []*transporttest.Channel{p},
		}
	})
}

// arrive takes what has come on the feed; the caller holds the load's mu.
func (r *resumed) arrive(f *feed, kind wire.Kind, data []byte) error {
	switch {
	case r.closed:
		return fmt.Errorf("feed: a %v frame after the end", kind)
	case kind == wire.Close:
		r.closed = true
		if len(data) > 0 {
			return fmt.Errorf("feed: ended with %s", data)
		}
		if r.arrived < len(f.accepted) {
			return fmt.Errorf("feed: ended behind message %d of %d", r.arrived, len(f.accepted))
		}
		return nil
	case !r.started:
		var head struct{ First int }
		if err := json.Unmarshal(data, &head); err != nil || kind != wire.JSON {
			return fmt.Errorf("feed: the first message is %.80q, %w", data, err)
		}
		r.started, r.first, r.arrived = true, head.First, head.First-1
		if r.first < 1 || r.first > f.taken+1 {
			return fmt.Errorf("feed: it begins with %d, no page has taken more than %d", r.first,
				f.taken)
		}
		return nil
	}
	if r.arrived++; r.arrived > len(f.accepted) {
		return fmt.Errorf("feed: message %d, %d were accepted", r.arrived, len(f.accepted))
	}
	if m := f.accepted[r.arrived-1]; !is(data, feedSeries, m.n, m.size) {
		return fmt.Errorf("feed: %s came where message %d of %d bytes is due", describe(data), m.n,
			m.size)
	}
	return nil
}

// readFeed takes up to n messages.
func (l *load) readFeed(n int) bool {
	l.mu.Lock()
	r := l.resumed
	if r == nil || r.page == nil {
		l.mu.Unlock()
		return false
	}
	l.mu.Unlock()
	did := false
	for ; n > 0 && r.page.Queued() > 0; n-- {
		if _, err := r.page.Next(); err != nil {
			break
		}
		did = true
		l.mu.Lock()
		if r.read++; r.read > 1 {
			l.feed.taken = max(l.feed.taken, r.first+r.read-2)
		}
		l.mu.Unlock()
	}
	return did
}

// checkFeed says whether the last page has got everything; the caller holds mu.
func (l *load) checkFeed() error {
	if f := l.feed; len(f.accepted) > 0 {
		if r := l.resumed; r == nil || r.arrived != len(f.accepted) {
			return fmt.Errorf("feed: %d messages were accepted, and %+v came", len(f.accepted), r)
		}
	}
	if l.resumed != nil && !l.resumed.closed {
		return errors.New("feed: the page has not seen the end")
	}
	return nil
}
