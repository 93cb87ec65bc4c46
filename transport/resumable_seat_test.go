package transport

import (
	"context"
	"errors"
	"testing"

	"github.com/tailrace-go/tailrace/transport/history"
)

// countedHolder counts how often its holds are released.
type countedHolder struct {
	*history.Memory
	releases *int
}

type countedHold struct {
	history.Hold
	releases *int
}

func (c countedHolder) Hold(ctx context.Context, after uint64) (history.Hold, error) {
	h, err := c.Memory.Hold(ctx, after)
	return countedHold{h, c.releases}, err
}

func (c countedHold) Release() {
	*c.releases++
	c.Hold.Release()
}

// pageCloses ends a lane as the page does.
func pageCloses(l *lane) {
	l.in.ended.Store(true)
	l.finish(&ClosedError{Reason: "closed by the page"}, false)
}

// TestReleasedOnce: the hold of a reader that another page's call takes off its seat is released
// once, though its pump goes on for a while and takes credit.
func TestReleasedOnce(t *testing.T) {
	s := built(t, Options{})
	m, err := history.NewMemory(history.MinMemory)
	if err != nil {
		t.Fatal(err)
	}
	releases := 0
	l := s.addLane(1, &s.lanes.channels)
	r, rd := attached(t, s, l, ResumableOptions{Store: countedHolder{m, &releases}})
	pageCloses(l)
	seated := false
	if err := r.seat(&seated); err != nil || !seated || releases != 1 {
		t.Fatalf("%v, %v, %d releases", err, seated, releases)
	}
	l.page.credited.Store(rd.marks.Sum())
	rd.consume()
	r.detach(rd)
	if releases != 1 {
		t.Errorf("the hold was released %d times", releases)
	}
}

// TestSpareStays: what WaitForReader keeps of a reader that left is not let go by credit that comes
// later: the window's place is where it was.
func TestSpareStays(t *testing.T) {
	s := built(t, Options{})
	l := s.addLane(1, &s.lanes.channels)
	r, rd := attached(t, s, l, ResumableOptions{
		HistoryBytes: history.MinMemory, WaitForReader: true,
	})
	pageCloses(l)
	if err := r.seat(new(bool)); err != nil {
		t.Fatal(err)
	}
	l.page.credited.Store(rd.marks.Sum())
	rd.consume()
	if err := r.send(noWait, denseBytes(30_000)); !errors.Is(err, ErrFull) {
		t.Errorf("what nobody has consumed is dropped: %v", err)
	}
}

// TestParkedBehindItsSeat: a reader that parks when it has lost its seat does not count as parked
// for ever.
func TestParkedBehindItsSeat(t *testing.T) {
	s := built(t, Options{})
	l := s.addLane(1, &s.lanes.channels)
	ch, err := NewResumable[[]byte](s.engine, "flow", ResumableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := ch.r
	rd, err := r.attach(t.Context(), s, resumeTo(l))
	if err != nil {
		t.Fatal(err)
	}
	pageCloses(l)
	if err := r.seat(new(bool)); err != nil {
		t.Fatal(err)
	}
	rd.park()
	if _, err := rd.next(t.Context()); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	r.detach(rd) // as the pump does at its end
	if n := r.parked.Load(); n != 0 {
		t.Errorf("%d readers are parked, of %d", n, len(r.readers))
	}
}
