package historytest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tailrace-go/tailrace/transport/history"
)

// full appends until the store waits, which needs its context's end.
func (s *suite) full() {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), s.Patience/40)
	defer cancel()
	if err := s.fill(ctx, 2*s.Overflow); !errors.Is(err, context.DeadlineExceeded) {
		s.Fatalf("with a hold %d bytes are appended: %v", 2*s.Overflow, err)
	}
}

// hold: nothing that is held is dropped, Append waits; Move and Release let it go on.
func (s *suite) hold() {
	holder, ok := s.store.(history.Holder)
	if !ok {
		s.Log("it is no history.Holder")
		return
	}
	all := s.append(numbered(20, 0, 3)...)
	h, err := holder.Hold(s.ctx(), all[0].sequence)
	if err != nil {
		s.Fatal(err)
	}
	other, err := holder.Hold(s.ctx(), all[2].sequence)
	if err != nil {
		s.Fatal(err)
	}
	s.full()
	if st := s.state(); st.Oldest > all[1].sequence {
		s.Fatalf("%d is held, the oldest is %d", all[1].sequence, st.Oldest)
	}
	other.Release()
	other.Move(all[3].sequence)
	waits := make(chan error, 1)
	go func() { waits <- s.fill(s.ctx(), 32<<10) }()
	select {
	case err := <-waits:
		s.Fatalf("it is full, and appends: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	newest := s.state().Newest
	h.Move(newest)
	if err := <-waits; err != nil {
		s.Errorf("all is let go: %v", err)
	}
	if st := s.state(); st.Oldest > newest+1 {
		s.Errorf("%d is held, the oldest is %d", newest+1, st.Oldest)
	}
	h.Release()
	h.Release()
	if err := s.fill(s.ctx(), 2*s.Overflow); err != nil {
		s.Errorf("nothing is held: %v", err)
	}
}

// holdAgain: a hold that moves back holds what is still there.
func (s *suite) holdAgain() {
	holder, ok := s.store.(history.Holder)
	if !ok {
		s.Log("it is no history.Holder")
		return
	}
	all := s.append(numbered(21, 0, 3)...)
	h, err := holder.Hold(s.ctx(), all[3].sequence)
	if err != nil {
		s.Fatal(err)
	}
	h.Move(all[0].sequence)
	s.full()
	if st := s.state(); st.Oldest > all[1].sequence {
		s.Fatalf("%d is held, the oldest is %d", all[1].sequence, st.Oldest)
	}
	h.Release()
}

func (s *suite) local() (history.Local, bool) {
	l, ok := s.store.(history.Local)
	if !ok {
		s.Log("it is no history.Local")
	}
	return l, ok
}

func (s *suite) appender() {
	l, ok := s.local()
	if !ok {
		return
	}
	a, b := l.Appender(), l.Appender()
	first := l.Now().Newest + 1
	var all []kept
	for n := range 20 {
		m := message(30, n)
		var err error
		switch n % 3 {
		case 0:
			err = a.Append(s.ctx(), m)
		case 1:
			err = a.TryAppend(m)
		default:
			err = b.TryAppend(m)
		}
		if err != nil {
			s.Fatal(err)
		}
		all = append(all, kept{l.Now().Newest, m})
	}
	s.want(first, all)
	a.Close()
	a.Close()
	if err := errors.Join(a.TryAppend(nil), a.Append(s.ctx(), nil)); !errors.Is(err,
		history.ErrClosed) {
		s.Errorf("it is closed: %v", err)
	}
	if err := b.TryAppend(message(30, 20)); err != nil {
		s.Errorf("another one is closed: %v", err)
	}
	s.want(first, append(all, kept{l.Now().Newest, message(30, 20)}))
}

// filled gives a store that is full, and what holds it.
func (s *suite) filled() (l history.Local, a history.Appender, h history.Hold, ok bool) {
	if l, ok = s.local(); !ok {
		return nil, nil, nil, false
	}
	holder, ok := s.store.(history.Holder)
	if !ok {
		return nil, nil, nil, false
	}
	h, err := holder.Hold(s.ctx(), 0)
	if err != nil {
		s.Fatal(err)
	}
	s.full()
	return l, l.Appender(), h, true
}

// appenderFull: who waits gets in by the order of the calls, nobody passes, and who gives up leaves
// nothing behind.
func (s *suite) appenderFull() {
	l, a, h, ok := s.filled()
	if !ok {
		return
	}
	large := make([]byte, 8<<10)
	const calls = 8
	ctx, cancel := context.WithCancel(s.ctx())
	defer cancel()
	results := make([]chan error, calls)
	for i := range results {
		results[i] = make(chan error, 1)
		ctx := ctx
		if i != 3 {
			ctx = s.ctx()
		}
		go func() { results[i] <- a.Append(ctx, fmt.Appendf(large, "%d", i)) }()
		s.eventually(func() bool { return a.Waiting() == i+1 })
	}
	if err := a.TryAppend([]byte{1}); err != history.ErrFull {
		s.Errorf("TryAppend where others wait: %v", err)
	}
	cancel()
	if err := <-results[3]; !errors.Is(err, context.Canceled) {
		s.Errorf("who gives up gets %v", err)
	}
	if n := a.Waiting(); n != calls-1 {
		s.Errorf("%d wait, want %d", n, calls-1)
	}
	newest := l.Now().Newest
	h.Release()
	for i, r := range results {
		if i != 3 {
			if err := <-r; err != nil {
				s.Errorf("call %d: %v", i, err)
			}
		}
	}
	got, err := s.read(s.store, l.Now().Epoch, newest+1)
	if err != nil || len(got) != calls-1 {
		s.Fatalf("%d messages, want %d: %v", len(got), calls-1, err)
	}
	order := ""
	for _, k := range got {
		order += string(k.message[len(large):])
	}
	if order != "0124567" {
		s.Errorf("they got in as %s", order)
	}
}

// appenderClose: those who wait learn of the end, and nothing of them is kept.
func (s *suite) appenderClose() {
	l, a, h, ok := s.filled()
	if !ok {
		return
	}
	waits := make(chan error, 1)
	go func() { waits <- a.Append(s.ctx(), make([]byte, 8<<10)) }()
	s.eventually(func() bool { return a.Waiting() == 1 })
	a.Close()
	if err := <-waits; !errors.Is(err, history.ErrClosed) {
		s.Errorf("who waits gets %v", err)
	}
	newest := l.Now().Newest
	h.Release()
	if st := l.Now(); st.Newest != newest || a.Waiting() != 0 {
		s.Errorf("after the end there are messages to %d, it was %d", st.Newest, newest)
	}
}

// eventually waits for what must come.
func (s *suite) eventually(f func() bool) {
	s.Helper()
	for late := time.Now().Add(s.Patience); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			s.Fatal("it does not come")
		}
	}
}
