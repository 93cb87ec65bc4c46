package historytest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/transport/history"
)

func (s *suite) empty() {
	st := s.state()
	if st.Oldest != st.Newest+1 {
		s.Errorf("an empty store has %d to %d", st.Oldest, st.Newest)
	}
	for _, from := range []uint64{st.Oldest, st.Oldest + 1, st.Oldest + 1000} {
		s.want(from, nil)
	}
}

// order: what is appended is read, in order, and known as soon as Append has returned.
func (s *suite) order() {
	first := s.state().Oldest
	var all []kept
	for n := range 50 {
		all = append(all, s.append(message(1, n))...)
		newest := all[n].sequence
		if st := s.state(); st.Newest != newest || st.Oldest > all[0].sequence {
			s.Fatalf("after message %d the store has %d to %d", newest, st.Oldest, st.Newest)
		}
		s.want(newest, all[n:])
	}
	s.want(first, all)
	all = append(all, s.append(numbered(1, 50, 400)...)...)
	s.want(first, all)
}

// from: reading begins at any sequence, and blocks are no larger than they may be.
func (s *suite) from() {
	all := s.append(numbered(2, 0, 400)...)
	for i := 0; i < len(all); i += 37 {
		s.want(all[i].sequence, all[i:])
	}
	st := s.state()
	var b history.Block
	if err := s.store.Read(s.ctx(), st.Epoch, all[0].sequence, &b); err != nil {
		s.Fatal(err)
	}
	if n := b.Size(); n > 4*history.BlockBytes {
		s.Errorf("a block of %d bytes", n)
	}
	for _, from := range []uint64{st.Newest + 1, st.Newest + 100} {
		s.want(from, nil)
	}
}

// copies: the message is the caller's again, and a block that is used again harms nothing.
func (s *suite) copies() {
	m := message(3, 0)
	all := s.append(m)
	clear(m)
	all = append(all, s.append(message(3, 1))...)
	s.want(all[0].sequence, all)
	s.append(message(3, 2))
	s.want(all[0].sequence, append(all, kept{s.state().Newest, message(3, 2)}))
}

func (s *suite) emptyMessages() {
	all := s.append([]byte{}, message(4, 0), nil, []byte{}, []byte{7})
	s.want(all[0].sequence, all)
}

// largeMessages: the largest goes in, one that is too large does not and harms nothing.
func (s *suite) largeMessages() {
	most := s.state().MaxMessage
	size := min(history.BlockBytes+1, most)
	if most == 0 {
		size = history.BlockBytes + 1
	}
	large := bytes.Repeat([]byte("large"), size/5+1)[:size]
	all := s.append(message(5, 0), large, message(5, 1))
	if most > 0 && most < 1<<30 {
		if _, err := s.store.Append(s.ctx(), make([]byte, most+1), func() {}); !errors.Is(err,
			history.ErrTooLarge) {
			s.Errorf("one byte more than MaxMessage: %v", err)
		}
	}
	all = append(all, s.append(message(5, 2))...)
	s.want(all[0].sequence, all)
}

func (s *suite) epoch() {
	all := s.append(message(6, 0))
	epoch := s.state().Epoch
	for _, other := range []uint64{epoch - 1, epoch + 1} {
		var b history.Block
		err := s.store.Read(s.ctx(), other, all[0].sequence, &b)
		if !errors.Is(err, history.ErrEpoch) || !b.Empty() {
			s.Errorf("epoch %d, the store's is %d: %v", other, epoch, err)
		}
	}
}

// watch: each message is noticed while somebody watches, and not for ever.
func (s *suite) watch() {
	rung := make(chan struct{}, 1)
	stop := s.store.Watch(func() {
		select {
		case rung <- struct{}{}:
		default:
		}
	})
	other := s.store.Watch(func() {})
	defer other()
	var all []kept
	for n := range 5 {
		all = append(all, s.append(message(7, n))...)
		seen := false
		for late := time.After(s.Patience); !seen; {
			select {
			case <-rung: // perhaps for one before
				got, err := s.read(s.store, s.state().Epoch, all[0].sequence)
				if err != nil {
					s.Fatal(err)
				}
				seen = len(got) == len(all)
			case <-late:
				s.Fatalf("message %d is not noticed", n)
			}
		}
	}
	stop()
	stop()
	s.append(message(7, 5))
}

// placed: it may be called, by whomever; the message is the caller's until Append returns.
func (s *suite) placed() {
	var calls atomic.Int32
	var all []kept
	for n := range 10 {
		m := message(8, n)
		sequence, err := s.store.Append(s.ctx(), m, func() { calls.Add(1) })
		if err != nil {
			s.Fatal(err)
		}
		all = append(all, kept{sequence, m})
	}
	s.want(all[0].sequence, all)
	s.Logf("placed was called %d times for 10 messages", calls.Load())
}

// endedContext: a message is kept if and only if Append gives no error.
func (s *suite) endedContext() {
	all := s.append(message(9, 0))
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for n := 1; n < 5; n++ {
		m := message(9, n)
		sequence, err := s.store.Append(ended, m, func() {})
		if errors.Is(err, history.ErrUncertain) {
			return // it has said so
		}
		if err == nil {
			all = append(all, kept{sequence, m})
		}
	}
	all = append(all, s.append(message(9, 5))...)
	s.want(all[0].sequence, all)
}

// writers: several append at once, while others read: all see one order, and each writer's own in
// it.
func (s *suite) writers() {
	const writers, each, readers = 4, 100, 3
	st := s.state()
	var writing, reading sync.WaitGroup
	var failed atomic.Bool
	for w := range writers {
		writing.Go(func() {
			for n := range each {
				if _, err := s.store.Append(s.ctx(), message(100+w, n), func() {}); err != nil {
					s.Errorf("writer %d: %v", w, err)
					failed.Store(true)
					return
				}
			}
		})
	}
	seen := make([][]kept, readers)
	for r := range readers {
		reading.Go(func() {
			rung := make(chan struct{}, 1)
			stop := s.store.Watch(func() {
				select {
				case rung <- struct{}{}:
				default:
				}
			})
			defer stop()
			from := st.Oldest
			for late := time.After(s.Patience); len(seen[r]) < writers*each && !failed.Load(); {
				got, err := s.read(s.store, st.Epoch, from)
				if err != nil {
					s.Errorf("reader %d: %v", r, err)
					return
				}
				if n := len(got); n > 0 {
					from = got[n-1].sequence + 1
					seen[r] = append(seen[r], got...)
					continue
				}
				select {
				case <-rung:
				case <-late:
					s.Errorf("reader %d has %d messages and hears of no more", r, len(seen[r]))
					return
				}
			}
		})
	}
	writing.Wait()
	reading.Wait()
	if s.Failed() {
		return
	}
	next := [writers]int{}
	for _, k := range seen[0] {
		w := int(binary.LittleEndian.Uint64(k.message)) - 100
		if n := int(binary.LittleEndian.Uint64(k.message[8:])); n != next[w] ||
			!bytes.Equal(k.message, message(100+w, n)) {
			s.Fatalf("message %d of writer %d where %d is due", n, w, next[w])
		}
		next[w]++
	}
	for r := range seen {
		if err := same(seen[r], seen[0]); err != nil {
			s.Errorf("reader %d against reader 0: %v", r, err)
		}
	}
}

// overflow: the oldest are dropped; what is kept is read as before, what is not is an error.
func (s *suite) overflow() {
	all := s.append(numbered(10, 0, 10)...)
	if err := s.fill(s.ctx(), s.Overflow); err != nil {
		s.Fatal(err)
	}
	st := s.state()
	if st.Oldest <= all[0].sequence {
		s.Fatalf("after %d bytes %d is kept", s.Overflow, st.Oldest)
	}
	if st.Limit > 0 && st.Bytes > st.Limit {
		s.Errorf("%d bytes of %d", st.Bytes, st.Limit)
	}
	s.wantTrimmed(st.Epoch, all[0].sequence, st.Oldest)
	s.wantTrimmed(st.Epoch, st.Oldest-1, st.Oldest)
	got, err := s.read(s.store, st.Epoch, st.Oldest)
	if err != nil || len(got) == 0 || got[0].sequence != st.Oldest ||
		got[len(got)-1].sequence != st.Newest {
		s.Fatalf("of %d to %d %d messages are read: %v", st.Oldest, st.Newest, len(got), err)
	}
}

// again: what another process sees is the same, and it may append.
func (s *suite) again() {
	all := s.append(numbered(11, 0, 20)...)
	epoch := s.state().Epoch
	first := s.store
	s.store = s.Again(s.T, first)
	if now := s.state().Epoch; now != epoch {
		s.Fatalf("opened again the epoch is %d, it was %d", now, epoch)
	}
	s.want(all[0].sequence, all)
	rung := make(chan struct{}, 1)
	stop := first.Watch(func() {
		select {
		case rung <- struct{}{}:
		default:
		}
	})
	defer stop()
	all = append(all, s.append(message(11, 21))...)
	select {
	case <-rung:
	case <-time.After(s.Patience):
		s.Error("what another one appends is not noticed")
	}
	s.store = first
	s.want(all[0].sequence, all)
}

// wipe: another epoch, which is noticed, and nothing of before under its numbers.
func (s *suite) wipe() {
	all := s.append(numbered(12, 0, 5)...)
	epoch := s.state().Epoch
	rung := make(chan struct{}, 1)
	stop := s.store.Watch(func() {
		select {
		case rung <- struct{}{}:
		default:
		}
	})
	defer stop()
	s.Wipe(s.T, s.store)
	select {
	case <-rung:
	case <-time.After(s.Patience):
		s.Error("it is not noticed")
	}
	st := s.state()
	if st.Epoch == epoch || st.Oldest != st.Newest+1 {
		s.Fatalf("it has %d to %d, epoch %d after %d", st.Oldest, st.Newest, st.Epoch, epoch)
	}
	if _, err := s.read(s.store, epoch, all[0].sequence); !errors.Is(err, history.ErrEpoch) {
		s.Errorf("read in the epoch before: %v", err)
	}
	all = s.append(numbered(12, 6, 9)...)
	s.want(st.Oldest, all)
}
