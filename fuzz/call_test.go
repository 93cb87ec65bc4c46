package fuzz

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// call is one call of the page.
type call struct {
	n        int
	started  *transporttest.Call
	size     int // of the arguments
	answers  int
	failed   bool // the answer was an error
	event    *offer
	before   int // ordered calls that were made before it
	handled  bool
	canceled bool
	channel  *channel
	want     func(r *transporttest.Result, err error) error
	returned int64 // time at which the handler has returned
}

// handlers registers the commands that programs call.
func handlers(e *transport.Engine) {
	transport.Handle(e, "open", func(ctx context.Context, a struct {
		N int
		S *transport.Stream[[]byte, []byte]
	}) (string, error) {
		return loadOf(ctx).nth(a.N).handle(ctx, &a.S.Channel, a.S)
	})
	transport.Handle(e, "watch", func(ctx context.Context, a struct {
		N int
		C *transport.Channel[[]byte]
	}) (string, error) {
		return loadOf(ctx).nth(a.N).handle(ctx, a.C, nil)
	})
	transport.Handle(e, "echo", func(ctx context.Context, b []byte) ([]byte, error) {
		l := loadOf(ctx)
		n, _ := strconv.Atoi(transport.Header(ctx, "call"))
		l.handle(n)
		return b, nil
	})
	transport.HandleOrdered(e, "ordered", func(ctx context.Context, a struct {
		Call, Turn int
		Pad        string
	}) (int, error) {
		l := loadOf(ctx)
		l.mu.Lock()
		l.handled = append(l.handled, a.Turn)
		if last := len(l.handled); l.handled[last-1] != last-1 {
			l.breaks(fmt.Errorf("ordered commands were handled in the order %v", l.handled))
		}
		l.mu.Unlock()
		l.handle(a.Call)
		return a.Turn, nil
	})
}

func loadOf(ctx context.Context) *load { return transport.SessionFrom(ctx).Owner().(*load) }

// handle is what handlers of ordinary calls have in common: they begin after the ordered commands
// that were called before, and emit an event, which comes before the result.
func (l *load) handle(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.calls[n]
	if c.handled {
		l.breaks(fmt.Errorf("call %d was handled twice", n))
	}
	c.handled = true
	if c.before > len(l.handled) {
		l.breaks(fmt.Errorf("call %d began after %d ordered commands, %d were called before it", n,
			len(l.handled), c.before))
	}
	if l.over != "" {
		return
	}
	l.mu.Unlock()
	l.emits.Lock() // a series has one sender at a time
	defer l.emits.Unlock()
	l.mu.Lock()
	s, m := l.offer(&l.control, 3, headSize)
	l.mu.Unlock()
	err := l.page.Session.Event([]uint32{9}, true, content(l.control.series[3].id, s, m.size))
	l.mu.Lock()
	l.decide(m, err)
	if err == nil {
		c.event = m
	}
}

// begin makes a call of the page, on the caller's goroutine; make runs when it is its turn.
func (l *load) begin(c *call, make func() transporttest.Request) {
	l.caller.do(func() {
		if l.crowded(c.size) {
			return
		}
		l.mu.Lock()
		c.n = len(l.calls)
		l.calls = append(l.calls, c)
		c.before = l.ordered
		l.mu.Unlock()
		started := l.page.Start(make())
		l.mu.Lock()
		c.started = started
		l.mu.Unlock()
	})
}

// mostArguments is how many bytes of arguments the page has under way at once: Go holds them, and a
// page that has it hold more than SessionBytes breaks a rule.
const mostArguments = 1 << 20

// crowded reports whether n bytes more would be too many.
func (l *load) crowded(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.calls {
		if c.answers == 0 {
			n += c.size
		}
	}
	return n > mostArguments
}

// callOrdered is opOrdered.
func (l *load) callOrdered(n int) {
	c := &call{size: n}
	l.begin(c, func() transporttest.Request {
		l.mu.Lock()
		defer l.mu.Unlock()
		turn := l.ordered
		l.ordered++
		c.want = func(r *transporttest.Result, err error) error {
			if err != nil || string(r.Data) != strconv.Itoa(turn) {
				return fmt.Errorf("ordered call %d gave %v, %v", turn, r, err)
			}
			return nil
		}
		return transporttest.Request{
			Command: "ordered",
			Args: map[string]any{
				"Call": c.n, "Turn": turn, "Pad": strings.Repeat("x", n),
			},
		}
	})
}

// callEcho is opEcho.
func (l *load) callEcho(n int) {
	c := &call{size: n}
	l.begin(c, func() transporttest.Request {
		raw := content(0xee, c.n, n)
		c.want = func(r *transporttest.Result, err error) error {
			if err != nil || !r.Raw || !bytes.Equal(r.Data, raw) {
				return fmt.Errorf("echo of %d bytes gave %v", len(raw), err)
			}
			return nil
		}
		return transporttest.Request{
			Command: "echo", Raw: raw, Headers: map[string]string{"call": strconv.Itoa(c.n)},
		}
	})
}

// cancel is opCancel.
func (l *load) cancel(a byte) {
	l.mu.Lock()
	var c *call
	if len(l.calls) > 0 {
		c = l.calls[int(a)%len(l.calls)]
	}
	if c == nil || c.started == nil || c.canceled || c.answers > 0 {
		l.mu.Unlock()
		return
	}
	c.canceled = true
	l.mu.Unlock()
	c.started.Cancel()
}

// check says what is wrong with an answer.
func (c *call) check() error {
	if c.answers != 1 || c.started == nil || !c.started.Done() {
		return fmt.Errorf("call %d has %d answers", c.n, c.answers)
	}
	if c.canceled {
		return nil
	}
	return c.want(c.started.Wait())
}
