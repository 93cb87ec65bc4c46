package carriertest

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// recorder is a test whose failures are wanted.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failed   []string
	cleanups []func()
}

func (r *recorder) fail(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = append(r.failed, text)
}

func (r *recorder) Helper()                      {}
func (r *recorder) Log(...any)                   {}
func (r *recorder) Logf(string, ...any)          {}
func (r *recorder) Error(args ...any)            { r.fail(fmt.Sprint(args...)) }
func (r *recorder) Errorf(f string, args ...any) { r.fail(fmt.Sprintf(f, args...)) }
func (r *recorder) Fatal(args ...any)            { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(f string, args ...any) { r.Errorf(f, args...); runtime.Goexit() }
func (r *recorder) FailNow()                     { r.Fatal("failed") }

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

// run runs a case to its end, with what it tidies up, and gives how it failed.
func (r *recorder) run(c testCase, s Setup) []string {
	apart := func(f func()) {
		done := make(chan struct{})
		go func() { // it may end at Fatal
			defer close(done)
			f()
		}()
		<-done
	}
	apart(func() { c.run(r, s) })
	for {
		r.mu.Lock()
		n := len(r.cleanups)
		if n == 0 {
			defer r.mu.Unlock()
			return r.failed
		}
		f := r.cleanups[n-1]
		r.cleanups = r.cleanups[:n-1]
		r.mu.Unlock()
		apart(f)
	}
}

// planted is a carrier that breaks a promise: each function that it has stands for a method.
type planted struct {
	transport.Carrier
	name    func() string
	port    func(transport.Port) transport.Port
	ready   func() bool
	deliver func(*transport.Batch) bool
	alloc   func(int) ([]byte, error)
	close   func(*transport.ClosedError)
}

func (p *planted) Name() string {
	if p.name != nil {
		return p.name()
	}
	return p.Carrier.Name()
}

func (p *planted) Bind(port transport.Port, o transport.Options) {
	if p.port != nil {
		port = p.port(port)
	}
	p.Carrier.Bind(port, o)
}

func (p *planted) Ready() bool {
	if p.ready != nil {
		return p.ready()
	}
	return p.Carrier.Ready()
}

func (p *planted) Deliver(b *transport.Batch) bool {
	if p.deliver != nil {
		return p.deliver(b)
	}
	return p.Carrier.Deliver(b)
}

func (p *planted) Alloc(n int) ([]byte, error) {
	if p.alloc != nil {
		return p.alloc(n)
	}
	return p.Carrier.Alloc(n)
}

func (p *planted) Close(reason *transport.ClosedError) {
	if p.close != nil {
		p.close(reason)
		return
	}
	p.Carrier.Close(reason)
}

// unsettled never says that it is this carrier for good.
type unsettled struct{ *planted }

func (unsettled) Settled() bool { return false }

// copied is a batch of its own.
func copied(b *transport.Batch) *transport.Batch {
	c := *b
	c.Segments = [][]byte{bytes.Join(b.Segments, nil)}
	return &c
}

// seventh gives true at each seventh call.
func seventh() func() bool {
	n := 0
	return func() bool { n++; return n%7 == 0 }
}

// network is a way of requests that something happens to at each seventh one with a body.
func network(c *transporttest.Config, now func() bool, happens func(request []byte,
	send func([]byte) (int, []byte)) (int, []byte)) {
	var mu sync.Mutex
	c.Network = func(request []byte, send func([]byte, func(int, []byte))) (int, []byte) {
		wait := func(request []byte) (status int, body []byte) {
			done := make(chan struct{})
			send(request, func(s int, b []byte) { status, body = s, b; close(done) })
			<-done
			return status, body
		}
		mu.Lock()
		hit := len(request) > 200 && now()
		mu.Unlock()
		if hit {
			return happens(request, wait)
		}
		return wait(request)
	}
}

// faults are the promises that are broken, each with what the suite must say of it.
var faults = []struct {
	name, says string
	plant      func(t testing.TB, p *planted, c *transporttest.Config)
}{
	{"nothing", "", func(testing.TB, *planted, *transporttest.Config) {}},
	{"drops a batch", "nothing came", func(_ testing.TB, p *planted, _ *transporttest.Config) {
		now := seventh()
		p.deliver = func(b *transport.Batch) bool { return now() || p.Carrier.Deliver(b) }
	}},
	{"brings a batch twice", "batches twice", func(_ testing.TB, p *planted,
		_ *transporttest.Config) {
		p.deliver = func(b *transport.Batch) bool {
			ok := p.Carrier.Deliver(b)
			return p.Carrier.Ready() && p.Carrier.Deliver(b) || ok
		}
	}},
	{"changes the order", "before their turn", func(_ testing.TB, p *planted,
		_ *transporttest.Config) {
		now := seventh()
		var kept *transport.Batch
		p.deliver = func(b *transport.Batch) bool {
			if kept == nil && now() {
				kept = copied(b)
				return true
			}
			if !p.Carrier.Deliver(b) {
				return false
			}
			if kept != nil && p.Carrier.Deliver(kept) {
				kept = nil
			}
			return true
		}
	}},
	{"cuts a batch", "cut", func(_ testing.TB, p *planted, _ *transporttest.Config) {
		now := seventh()
		p.deliver = func(b *transport.Batch) bool {
			if now() {
				b = copied(b)
				b.Segments[0] = b.Segments[0][:b.Len/2]
				b.Len /= 2
			}
			return p.Carrier.Deliver(b)
		}
	}},
	{"damages a batch", "", func(_ testing.TB, p *planted, _ *transporttest.Config) {
		now := seventh()
		p.deliver = func(b *transport.Batch) bool {
			if now() {
				b = copied(b)
				b.Segments[0][b.Len/2] ^= 1
			}
			return p.Carrier.Deliver(b)
		}
	}},
	{"reads a batch after Deliver", "", func(_ testing.TB, p *planted, _ *transporttest.Config) {
		var kept *transport.Batch
		p.deliver = func(b *transport.Batch) bool {
			before := kept
			kept = b
			return before == nil || p.Carrier.Deliver(before)
		}
	}},
	{"waits in Deliver", "Deliver took", func(_ testing.TB, p *planted, _ *transporttest.Config) {
		now := seventh()
		p.deliver = func(b *transport.Batch) bool {
			if now() {
				time.Sleep(slow + time.Second)
			}
			return p.Carrier.Deliver(b)
		}
	}},
	{"is not ready any more", "nothing came", func(_ testing.TB, p *planted,
		_ *transporttest.Config) {
		now, over := seventh(), false
		p.ready = func() bool {
			over = over || now()
			return !over && p.Carrier.Ready()
		}
	}},
	{"loses what the page sends", "", func(_ testing.TB, _ *planted, c *transporttest.Config) {
		network(c, seventh(), func([]byte, func([]byte) (int, []byte)) (int, []byte) {
			return 204, nil
		})
	}},
	{"cuts what the page sends", "did not come whole", func(_ testing.TB, _ *planted,
		c *transporttest.Config) {
		network(c, seventh(), func(r []byte, send func([]byte) (int, []byte)) (int, []byte) {
			return send(r[:len(r)/2])
		})
	}},
	{"says nothing at the end", "told of the end", func(_ testing.TB, p *planted,
		_ *transporttest.Config) {
		p.close = func(*transport.ClosedError) {}
	}},
	{"gives another reason", endReason, func(_ testing.TB, p *planted, _ *transporttest.Config) {
		p.close = func(*transport.ClosedError) {
			p.Carrier.Close(&transport.ClosedError{Reason: "whatever"})
		}
	}},
	{"waits in Close", "Close took", func(_ testing.TB, p *planted, _ *transporttest.Config) {
		p.close = func(reason *transport.ClosedError) {
			time.Sleep(slow + time.Second)
			p.Carrier.Close(reason)
		}
	}},
	{"takes a batch after its end", "after its end", func(_ testing.TB, p *planted,
		_ *transporttest.Config) {
		p.deliver = func(b *transport.Batch) bool {
			return p.Carrier.Deliver(b) || b.Number == 1<<40
		}
	}},
	{"is ready after its end", "ready after its end", func(_ testing.TB, p *planted,
		_ *transporttest.Config) {
		closed := false
		var mu sync.Mutex
		p.close = func(reason *transport.ClosedError) {
			mu.Lock()
			closed = true
			mu.Unlock()
			p.Carrier.Close(reason)
		}
		p.ready = func() bool {
			mu.Lock()
			defer mu.Unlock()
			return closed || p.Carrier.Ready()
		}
	}},
	{"gives used memory", "not zeroed", func(_ testing.TB, p *planted, _ *transporttest.Config) {
		p.alloc = func(n int) ([]byte, error) {
			b := make([]byte, n)
			b[n-1] = 1
			return b, nil
		}
	}},
	{"keeps a request for ever", "LetRequestGo", func(_ testing.TB, p *planted,
		_ *transporttest.Config) {
		p.port = func(port transport.Port) transport.Port {
			port.HoldRequest(1)
			return port
		}
	}},
	{"leaves a goroutine", "goroutines", func(t testing.TB, p *planted, _ *transporttest.Config) {
		p.port = func(port transport.Port) transport.Port {
			stop := make(chan struct{})
			t.Cleanup(func() { close(stop) })
			go func() { <-stop }()
			return port
		}
	}},
	{"has another name", "want \"memory\"", func(_ testing.TB, p *planted,
		_ *transporttest.Config) {
		p.name = func() string { return "another" }
	}},
	{"says that all is lost", "times that all", func(_ testing.TB, p *planted,
		_ *transporttest.Config) {
		now := seventh()
		var port transport.Port
		p.port = func(to transport.Port) transport.Port { port = to; return to }
		p.deliver = func(b *transport.Batch) bool {
			if now() {
				port.LostAll()
			}
			return p.Carrier.Deliver(b)
		}
	}},
	{"ends sessions without a broken rule", "no RuleError", func(_ testing.TB, p *planted,
		_ *transporttest.Config) {
		now := seventh()
		var port transport.Port
		p.port = func(to transport.Port) transport.Port { port = to; return to }
		p.deliver = func(b *transport.Batch) bool {
			if now() {
				port.Fail(errors.New("the carrier is tired"))
			}
			return p.Carrier.Deliver(b)
		}
	}},
	{"is never settled", "settled", nil}, // by unsettled
}

// TestPlanted: a carrier that breaks a promise is found, whichever it is, and one that does not is
// not.
func TestPlanted(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			s := Setup{Name: "memory", Patience: time.Minute}
			s.Ordered = f.name == "changes the order"
			s.Join = func(t testing.TB, c *transporttest.Config) func(*transporttest.Page) {
				p := new(planted)
				if f.plant != nil {
					f.plant(t, p, c)
				}
				c.Carrier = func(own *pulls.Carrier) transport.Carrier {
					p.Carrier = own
					t.Cleanup(func() { own.Close(&transport.ClosedError{Reason: "over"}) })
					if f.plant == nil {
						return unsettled{p}
					}
					return p
				}
				return nil
			}
			found := false
			for _, c := range cases {
				var failed []string
				synctest.Test(t, func(t *testing.T) { failed = (&recorder{TB: t}).run(c, s) })
				text := strings.Join(failed, "\n")
				if len(failed) > 0 && strings.Contains(text, f.says) {
					found = true
					if f.name == "nothing" {
						t.Errorf("%s: %s", c.name, text)
						continue
					}
					t.Logf("found by %q: %s", c.name, failed[0])
					break
				}
			}
			if !found && f.name != "nothing" {
				t.Error("no case finds it")
			}
		})
	}
}
