package bus

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// crowd adds subscriptions 1 to n to one name, and ends them all, from the first or the last one.
func crowd(t testing.TB, c *conn, n int, backwards bool) {
	for i := range n {
		c.add("e", Any, uint32(i+1))
	}
	for i := range n {
		sub := uint32(i + 1)
		if backwards {
			sub = uint32(n - i)
		}
		if err := c.remove("e", sub); err != nil {
			t.Fatal(err)
		}
	}
}

// TestChangesCopyLittle: what a change allocates does not depend on how many subscriptions there
// are. When each change copied all, it took 139 KB on average.
func TestChangesCopyLittle(t *testing.T) {
	for _, backwards := range []bool{false, true} {
		c := newConn(nil)
		crowd(t, c, 4096, backwards) // the maps have grown
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		crowd(t, c, 4096, backwards)
		runtime.ReadMemStats(&after)
		each := (after.TotalAlloc - before.TotalAlloc) / (2 * 4096)
		t.Logf("backwards %v: %d bytes a change", backwards, each)
		if each > 1024 {
			t.Errorf("backwards %v: a change allocates %d bytes", backwards, each)
		}
		if len(c.numbers) != 0 || c.subs.Size() != 0 {
			t.Errorf("%d subscriptions to %d names are left", len(c.numbers), c.subs.Size())
		}
	}
}

// TestAudienceOrder: whatever comes and goes, subscriptions are heard in the order of registration,
// and those that have ended are not.
func TestAudienceOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	c := newConn(nil)
	var want []uint32
	last := uint32(0)
	for step := range 20_000 {
		grows := step/2000%2 == 0 // and shrinks again, so that it is packed
		if len(want) == 0 || random.IntN(10) < 3 == !grows {
			last++
			c.add("e", Window(fmt.Sprint(last%3)), last)
			want = append(want, last)
		} else {
			at := random.IntN(len(want))
			if err := c.remove("e", want[at]); err != nil {
				t.Fatal(err)
			}
			want = slices.Delete(want, at, at+1)
		}
		if step%50 != 0 {
			continue
		}
		if got := c.match(&message{name: "e"}); !slices.Equal(got, want) {
			t.Fatalf("step %d: %d are heard, want %d: %v, %v", step, len(got), len(want), got, want)
		}
		some := slices.DeleteFunc(slices.Clone(want), func(sub uint32) bool { return sub%3 != 1 })
		if got := c.match(&message{name: "e", target: Window("1")}); !slices.Equal(got, some) {
			t.Fatalf("step %d: window 1 has %v, want %v", step, got, some)
		}
	}
}

// TestAudienceBesideEmitters: emitters see each subscription that is there all the time, in order,
// while others change.
func TestAudienceBesideEmitters(t *testing.T) {
	c := newConn(nil)
	c.add("e", Any, 1)
	c.add("e", Any, 2)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			m := &message{name: "e"}
			for {
				select {
				case <-stop:
					return
				default:
				}
				got := c.match(m)
				if len(got) < 2 || got[0] != 1 || got[1] != 2 || !slices.IsSorted(got) {
					t.Errorf("%v is heard", got)
					return
				}
			}
		})
	}
	for round := range uint32(200) {
		for i := range uint32(50) {
			c.add("e", Any, 3+50*round+i)
		}
		for i := range uint32(50) {
			if err := c.remove("e", 3+50*round+i); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(stop)
	wg.Wait()
}

// TestFilterAskedOnce: a filter is asked once for each target, however many there are, and what an
// emit keeps for that does not stay.
func TestFilterAskedOnce(t *testing.T) {
	c := newConn(nil)
	for i := range uint32(4096) {
		c.add("e", AnyLabel(fmt.Sprint(i%2048)), i+1)
	}
	m := messages.Get().(*message)
	asked := 0
	m.name, m.filter.accept = "e", func(t Target) bool { asked++; return t.Label == "7" }
	if got := c.match(m); !slices.Equal(got, []uint32{8, 2056}) {
		t.Errorf("%v hear it", got)
	}
	if asked != 2048 {
		t.Errorf("the filter was asked %d times, want 2048", asked)
	}
	if len(m.filter.asked) > mostAsked {
		t.Errorf("%d answers are looked through for each target", len(m.filter.asked))
	}
	m.free()
	if m.filter.more != nil || cap(m.filter.asked) > 2*mostAsked {
		t.Errorf("the message keeps %d answers", cap(m.filter.asked))
	}
}

// BenchmarkListen: a page has n subscriptions to one event; one more comes and goes.
func BenchmarkListen(b *testing.B) {
	for _, n := range []uint32{1, 64, 4095} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := newConn(nil)
			for i := range n {
				c.add("e", Any, i+1)
			}
			b.ReportAllocs()
			for b.Loop() {
				c.add("e", Any, n+1)
				if err := c.remove("e", n+1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
