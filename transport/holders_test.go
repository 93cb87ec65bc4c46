package transport_test

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
)

var lock sync.Mutex

func mega(n int64) float64 { return float64(n) / (1 << 20) }

// heap is what the Go heap holds.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what pools keep goes with the second one
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// holderPage is a page that takes no batch, and what a test has it hold.
type holderPage struct {
	*upPage
	e    *transport.Engine
	id   uint32
	keep []any
	// together lets the commands of that name return.
	together chan struct{}
	// over, if not nil, lets go what a test holds up, before the session ends.
	over func()
}

func (p *holderPage) call(envelope, body string) {
	p.t.Helper()
	p.id++
	p.invoke(p.id, envelope, body)
	synctest.Wait()
}

// holderCases fill each holder of a session with far more than SessionBytes, if that is not
// refused.
var holderCases = []struct {
	name string
	held func(transport.MemoryStats) int64
	// fill asks for more than there is. gone: the session has ended by it, as it must when the page
	// sends too much.
	fill func(p *holderPage)
	gone bool
	// least is how much it must have got, of SessionBytes in percent.
	least int64
}{
	{"raw results", func(m transport.MemoryStats) int64 { return m.Results }, func(p *holderPage) {
		for range 400 {
			p.call(`{"cmd":"raw","body":"json"}`, "{}")
		}
	}, false, 60},
	{"raw results of commands that ran at the same time",
		func(m transport.MemoryStats) int64 { return m.Results }, func(p *holderPage) {
			for range 100 {
				p.call(`{"cmd":"together","body":"json"}`, "{}")
			}
			close(p.together)
		}, false, 60},
	{"JSON results", func(m transport.MemoryStats) int64 { return m.Results }, func(p *holderPage) {
		for range 100 {
			p.call(`{"cmd":"json","body":"json"}`, "{}")
		}
	}, false, 50},
	{"large errors", func(m transport.MemoryStats) int64 { return m.Results }, func(p *holderPage) {
		for range 100 {
			p.call(`{"cmd":"fail","body":"json"}`, "{}")
		}
	}, false, 50},
	{"names of unknown commands", func(m transport.MemoryStats) int64 { return m.Commands },
		func(p *holderPage) {
			for range 100 {
				p.call(fmt.Sprintf(`{"cmd":%q,"body":"json"}`, strings.Repeat("x", 250_000)), "{}")
			}
		}, false, 0},
	{"values of Latest", func(m transport.MemoryStats) int64 { return m.Latest },
		func(p *holderPage) {
			value := make([]byte, 3<<20)
			for lane := uint32(1); lane < 40; lane += 2 {
				p.call(fmt.Sprintf(`{"cmd":"latest","channels":[%d],"body":"json"}`, lane),
					fmt.Sprintf(`{"C":"__CHANNEL__:%d"}`, lane))
				ch := p.keep[len(p.keep)-1].(*transport.Channel[[]byte])
				for range 3 { // one is on its way by then
					if err := ch.TrySend(value); err != nil && err != transport.ErrMemory {
						p.t.Error(err)
					}
					synctest.Wait()
				}
			}
		}, false, 60},
	{"small values of Latest", func(m transport.MemoryStats) int64 { return m.Latest },
		func(p *holderPage) {
			for lane := uint32(1); lane < 8001; lane += 2 {
				p.id++
				p.invoke(p.id, fmt.Sprintf(`{"cmd":"latest","channels":[%d],"body":"json"}`, lane),
					fmt.Sprintf(`{"C":"__CHANNEL__:%d"}`, lane))
			}
			synctest.Wait()
			for _, ch := range p.keep {
				_ = ch.(*transport.Channel[[]byte]).TrySend(make([]byte, 3000))
			}
		}, false, 50},
	{"scripts", func(m transport.MemoryStats) int64 { return m.Scripts }, func(p *holderPage) {
		for p.s.Eval("1") == nil {
		}
	}, false, 10},
	{"rings", func(m transport.MemoryStats) int64 { return m.Rings }, func(p *holderPage) {
		for lane := uint32(1); lane < 2001; lane += 2 {
			p.call(fmt.Sprintf(`{"cmd":"keep","channels":[%d],"body":"json"}`, lane),
				fmt.Sprintf(`{"C":"__CHANNEL__:%d"}`, lane))
			ch := p.keep[len(p.keep)-1].(*transport.Channel[[]byte])
			for ch.TrySend(make([]byte, 1000)) == nil {
			}
		}
	}, false, 90},
	{"early batches", func(m transport.MemoryStats) int64 { return m.Early }, func(p *holderPage) {
		for n := range uint64(31) {
			b := wire.AppendRun(wire.AppendHeader(nil, &wire.Header{Number: n + 2}), 0, 0,
				invokeFrame(1, `{"cmd":"wait","body":"bytes"}`, strings.Repeat("x", 300_000)))
			_, _ = p.carrier.port.Receive(wire.Finish(b))
		}
	}, false, 50},
	{"bodies of commands", func(m transport.MemoryStats) int64 { return m.Commands },
		func(p *holderPage) {
			for p.s.Stats().Memory < 15<<20 {
				p.call(`{"cmd":"wait","body":"bytes"}`, strings.Repeat("x", 200_000))
			}
		}, false, 60},
	{"commands", func(m transport.MemoryStats) int64 { return m.Commands }, func(p *holderPage) {
		for range 4096 {
			p.id++
			p.invoke(p.id, `{"cmd":"wait","body":"bytes"}`, "")
		}
		synctest.Wait()
	}, false, 10},
	{"headers", func(m transport.MemoryStats) int64 { return m.Commands }, func(p *holderPage) {
		var headers strings.Builder
		for i := range 10_000 {
			fmt.Fprintf(&headers, `"%x":"",`, i)
		}
		for p.s.Stats().Memory < 14<<20 {
			p.call(`{"cmd":"wait","body":"bytes","headers":{`+headers.String()+`"z":""}}`, "")
		}
	}, false, 60},
	{"messages", func(m transport.MemoryStats) int64 { return m.Messages }, func(p *holderPage) {
		for lane := uint32(1); p.s.Stats().Memory < 14<<20; lane += 2 {
			p.call(fmt.Sprintf(`{"cmd":"listen","channels":[%d],"body":"json"}`, lane),
				fmt.Sprintf(`{"C":"__CHANNEL__:%d"}`, lane))
			for range 10 {
				p.send(lane, wire.Frame{Kind: wire.Bytes, Payload: make([]byte, 100_000)})
			}
		}
	}, false, 60},
	{"small messages", func(m transport.MemoryStats) int64 { return m.Messages },
		func(p *holderPage) {
			for lane := uint32(1); p.s.Stats().Memory < 14<<20; lane += 2 {
				p.call(fmt.Sprintf(`{"cmd":"listen","channels":[%d],"body":"json"}`, lane),
					fmt.Sprintf(`{"C":"__CHANNEL__:%d"}`, lane))
				frames := make([]wire.Frame, 2000)
				for i := range frames {
					frames[i] = wire.Frame{Kind: wire.Bytes, Payload: []byte{1}}
				}
				for range 10 {
					p.send(lane, frames...)
				}
			}
		}, false, 60},
	{"fragments", func(m transport.MemoryStats) int64 { return m.Fragments }, func(p *holderPage) {
		begin := make([]byte, wire.BeginSize+200_000)
		wire.PutBegin(begin, 1<<20, wire.Bytes)
		for lane := uint32(1); p.s.Stats().Memory < 14<<20; lane += 2 {
			p.call(fmt.Sprintf(`{"cmd":"listen","channels":[%d],"body":"json"}`, lane),
				fmt.Sprintf(`{"C":"__CHANNEL__:%d"}`, lane))
			p.send(lane, wire.Frame{Kind: wire.Begin, Payload: begin})
		}
	}, false, 60},
	{"lanes", func(m transport.MemoryStats) int64 { return m.Lanes }, func(p *holderPage) {
		for lane := uint32(1); lane < 9001; lane += 2 {
			p.id++
			p.invoke(p.id, fmt.Sprintf(`{"cmd":"latest","channels":[%d],"body":"json"}`, lane),
				fmt.Sprintf(`{"C":"__CHANNEL__:%d"}`, lane))
			if p.id%1000 == 0 {
				synctest.Wait()
			}
		}
	}, false, 30},
	{"requests", func(m transport.MemoryStats) int64 { return m.Requests }, func(p *holderPage) {
		c, handle := pulls.New("held up"), make(chan struct{})
		c.Bind(p.carrier.port, p.e.Options())
		for i := range 64 { // the first one's answer holds up the others
			c.Request(make([]byte, 300_000), func(pulls.Answer) {
				if i == 0 {
					<-handle
				}
			})
			synctest.Wait()
		}
		p.over = func() {
			close(handle)
			synctest.Wait()
			c.Close(&transport.ClosedError{})
		}
	}, false, 60},
	{"readers", func(m transport.MemoryStats) int64 { return m.Readers }, func(p *holderPage) {
		for i := range resumables {
			lane := uint32(2*i + 1)
			p.call(fmt.Sprintf(`{"cmd":%q,"channels":[%d],"body":"json"}`, transport.CommandResume,
				lane),
				fmt.Sprintf(`{"name":"%d","from":"oldest","channel":"__CHANNEL__:%d"}`, i, lane))
		}
	}, false, 20},
}

// resumables is how many resumable channels there are, each with a message of a megabyte.
const resumables = 24

// TestEachHolderHasACase: each figure of what a session holds is filled by a case of TestHolders.
// What only waits is no holder.
func TestEachHolderHasACase(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[transport.MemoryStats]()) {
		var m transport.MemoryStats
		reflect.ValueOf(&m).Elem().FieldByIndex(f.Index).SetInt(1)
		filled := false
		for _, c := range holderCases {
			filled = filled || c.held(m) == 1
		}
		if !filled && f.Name != "Waiting" {
			t.Errorf("no case fills %s", f.Name)
		}
	}
}

// TestHolders: whatever a session is made to hold is in its figures, and bounded by SessionBytes.
func TestHolders(t *testing.T) {
	const session = 16 << 20
	for _, c := range holderCases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEngine(t, transport.Options{SessionBytes: session})
				var p *holderPage
				type keeping struct {
					C *transport.Channel[[]byte]
				}
				transport.Handle(e, "raw", func(context.Context, any) ([]byte, error) {
					return make([]byte, 1<<20), nil
				})
				transport.Handle(e, "json", func(context.Context, any) (string, error) {
					return strings.Repeat("x", 250_000), nil
				})
				transport.Handle(e, "fail", func(context.Context, any) (any, error) {
					return nil, &transport.Error{Code: "x", Message: strings.Repeat("x", 250_000)}
				})
				transport.Handle(e, "wait", func(ctx context.Context, _ []byte) (any, error) {
					<-ctx.Done()
					return nil, nil
				})
				transport.Handle(e, "keep", func(_ context.Context, a keeping) (any, error) {
					a.C.Keep()
					p.keep = append(p.keep, a.C)
					return nil, nil
				})
				together := make(chan struct{})
				transport.Handle(e, "together", func(context.Context, any) ([]byte, error) {
					<-together
					return make([]byte, 1<<20), nil
				})
				transport.Handle(e, "latest", func(_ context.Context, a keeping) (any, error) {
					a.C.Keep()
					lock.Lock()
					defer lock.Unlock()
					p.keep = append(p.keep, a.C)
					return nil, a.C.Configure(transport.ChannelOptions{OnFull: transport.Latest})
				})
				transport.Handle(e, "listen", func(ctx context.Context, a struct {
					C *transport.Stream[int, []byte]
				}) (any, error) {
					<-ctx.Done()
					return nil, nil
				})
				for i := range resumables {
					r := newResumable[[]byte](t, e, fmt.Sprint(i),
						transport.ResumableOptions{HistoryBytes: 4 << 20})
					if err := r.TrySend(make([]byte, 1<<20)); err != nil {
						t.Fatal(err)
					}
				}
				p = &holderPage{
					e: e, together: together,
					upPage: openUpWith(t, e, transport.SessionConfig{
						NativeEval: func(uint32, string, bool) {},
					}),
				}
				synctest.Wait()
				heldBefore, before := p.s.Stats(), heap()
				c.fill(p)
				synctest.Wait()
				st, grown := p.s.Stats(), heap()-before
				if c.gone != (p.s.Err() != nil) {
					t.Fatalf("the session: %v", p.s.Err())
				}
				told := st.Memory - heldBefore.Memory + st.Held.Waiting
				t.Logf("heap %.1f MB, told %.1f MB: %+v", mega(grown), mega(told), st.Held)
				if most := int64(session*5/4) + st.Held.Waiting; grown > most ||
					st.Held.Waiting > session {
					t.Errorf("the heap grew by %.1f MB, SessionBytes are %.1f MB", mega(grown),
						mega(session))
				}
				if slack := int64(2 << 20); grown > told*5/4+slack || told > grown*5/4+slack {
					t.Errorf("the heap grew by %.1f MB, the figures by %.1f MB", mega(grown),
						mega(told))
				}
				if held := c.held(st.Held); held < session*c.least/100 {
					t.Errorf("%.1f MB are held", mega(held))
				}
				// Who keeps a session that has ended, and its channels, keeps none of it.
				if p.over != nil {
					p.over()
				}
				p.s.End("test is over")
				synctest.Wait()
				if left, used := heap()-before, p.s.Stats().Memory; left > 8<<20 || used != 0 {
					t.Errorf("after the end the heap has %.1f MB more, the figures %d bytes",
						mega(left), used)
				}
				runtime.KeepAlive(p)
			})
		})
	}
}
