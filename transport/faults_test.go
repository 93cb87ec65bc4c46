package transport_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// oracleMessage is (producer, n, checksum) and then bytes that the checksum covers.
func oracleMessage(r *rand.Rand, producer, n int) []byte {
	size := r.IntN(200)
	switch r.IntN(50) {
	case 0:
		size = 20_000 + r.IntN(40_000)
	case 1:
		size = 0
	}
	b := make([]byte, 12+size)
	binary.LittleEndian.PutUint32(b, uint32(producer))
	binary.LittleEndian.PutUint32(b[4:], uint32(n))
	for i := range size {
		b[12+i] = byte(r.Uint32())
	}
	binary.LittleEndian.PutUint32(b[8:], crc32.ChecksumIEEE(b[12:])^uint32(n))
	return b
}

// oracle checks that each producer's messages come gapless, in order, once, intact.
type oracle struct{ next map[int]int }

func (o *oracle) check(b []byte) error {
	if len(b) < 12 {
		return fmt.Errorf("message of %d bytes", len(b))
	}
	producer, n := int(binary.LittleEndian.Uint32(b)), int(binary.LittleEndian.Uint32(b[4:]))
	if binary.LittleEndian.Uint32(b[8:]) != crc32.ChecksumIEEE(b[12:])^uint32(n) {
		return fmt.Errorf("producer %d: message %d is damaged", producer, n)
	}
	if n != o.next[producer] {
		return fmt.Errorf("producer %d: message %d where %d is due", producer, n, o.next[producer])
	}
	o.next[producer]++
	return nil
}

var faultCases = []struct {
	name string
	f    transporttest.Faults
}{
	{"none", transporttest.Faults{}},
	{"lost requests", transporttest.Faults{LoseRequest: 0.1, Delay: 2 * time.Millisecond}},
	{"lost answers", transporttest.Faults{LoseAnswer: 0.1, Delay: 2 * time.Millisecond}},
	{"cut answers", transporttest.Faults{CutAnswer: 0.1, Delay: 2 * time.Millisecond}},
	{"empty answers", transporttest.Faults{EmptyAnswer: 0.1, Delay: 2 * time.Millisecond}},
	{"repeats", transporttest.Faults{Repeat: 0.2, Delay: 2 * time.Millisecond}},
	{"reordering", transporttest.Faults{Delay: 50 * time.Millisecond}},
	{"everything", transporttest.Faults{LoseRequest: 0.05, LoseAnswer: 0.05, CutAnswer: 0.05,
		EmptyAnswer: 0.05, Repeat: 0.1, Delay: 20 * time.Millisecond}},
}

// TestOrderUnderFaults: two streams with three producers each way, over a carrier that
// loses, repeats, cuts, delays and reorders. Every message arrives once, in order.
func TestOrderUnderFaults(t *testing.T) {
	for _, c := range faultCases {
		for seed := range uint64(3) {
			c.f.Seed = seed
			t.Run(fmt.Sprintf("%s/%d", c.name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { orderUnderFaults(t, c.f) })
			})
		}
	}
}

func orderUnderFaults(t *testing.T, f transporttest.Faults) {
	const streams, producers, each = 2, 3, 150
	e := newEngine(t, transport.Options{RingBytes: 32 << 10, MaxBatch: 16 << 10, Window: 64 << 10})
	type args struct {
		S *transport.Stream[[]byte, []byte]
	}
	transport.Handle(e, "run", func(ctx context.Context, a args) (int, error) {
		var wg sync.WaitGroup
		for p := range producers {
			wg.Add(1)
			go func() {
				defer wg.Done()
				r := rand.New(rand.NewPCG(f.Seed, uint64(p)))
				for n := range each {
					if err := a.S.Send(ctx, oracleMessage(r, p, n)); err != nil {
						t.Errorf("send: %v", err)
						return
					}
				}
			}()
		}
		o := oracle{map[int]int{}}
		for range producers * each {
			m, err := a.S.Receive(ctx)
			if err == nil {
				err = o.check(m)
			}
			if err != nil {
				return 0, err
			}
		}
		wg.Wait()
		return producers * each, nil
	})
	p, err := transporttest.Open(e, transporttest.Config{Faults: f})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range streams {
		ch := p.NewChannel()
		call := p.Start(transporttest.Request{Command: "run", Args: map[string]any{"S": ch},
			Channels: []*transporttest.Channel{ch}})
		for q := range producers {
			wg.Add(1)
			go func() {
				defer wg.Done()
				r := rand.New(rand.NewPCG(f.Seed, 100+uint64(q)))
				for n := range each {
					if err := ch.Send(wire.Bytes, oracleMessage(r, q, n)); err != nil {
						t.Errorf("page's send: %v", err)
						return
					}
				}
			}()
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			o := oracle{map[int]int{}}
			for i := range producers * each {
				m, err := ch.Next()
				if err == nil {
					err = o.check(m.Data)
				}
				if err != nil {
					t.Errorf("message %d: %v", i, err)
					return
				}
			}
			r, err := call.Wait()
			if err != nil || string(r.Data) != fmt.Sprint(producers*each) {
				t.Errorf("result %v, %v", r, err)
			}
			if m, err := ch.Next(); !errors.Is(err, transporttest.ErrChannelClosed) {
				t.Errorf("after the last: %d bytes, %v", len(m.Data), err)
			}
		}()
	}
	wg.Wait()
	if err := p.Session.Flush(context.Background()); err != nil {
		t.Errorf("flush: %v", err)
	}
	st := p.Stats()
	if f != (transporttest.Faults{Seed: f.Seed, Delay: f.Delay}) && st.Faults == 0 {
		t.Errorf("no fault was injected in %d requests", st.Requests)
	}
	p.Close()
}

// TestSilentGap: an answer that never comes, on a pull that never fails, is sent again
// once later batches have their receipt.
func TestSilentGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, transport.Options{})
		s, answers := rawSession(t, e)
		pull := func(slot, request uint32, receipt uint64, selective uint32) {
			s.pull(wire.Header{Slot: slot, Request: request, Receipt: receipt, Selective: selective,
				Hold: 20_000}, answers)
		}
		pull(0, 1, 0, 0)
		synctest.Wait()
		for i := range 3 { // three batches, the first of them never acknowledged
			if err := s.Eval(fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			pull(1, uint32(i+1), 0, uint32(1)<<i>>1)
			synctest.Wait()
		}
		if len(*answers) != 3 {
			t.Fatalf("%d answers", len(*answers))
		}
		pull(2, 1, 0, 3)
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		last := (*answers)[len(*answers)-1]
		b, err := wire.Decode(last.body, wire.Down)
		if err != nil || b.Number != 1 {
			t.Fatalf("the last of %d answers is %+v, %v", len(*answers), b, err)
		}
		if got := s.Stats().Resent; got != 1 {
			t.Errorf("%d batches were sent again", got)
		}
		s.End("test is over")
	})
}
