package fuzz

import (
	"fmt"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// FuzzOrdering: whatever a program of sends, reads, faults, ends and reloads does, what arrives is
// what a plain model says: each channel's messages in their order, once, then its end; results
// behind what they must not overtake; events and scripts in their order. When the faults are over
// all that was accepted has arrived, or the session has ended with an error on both sides.
func FuzzOrdering(f *testing.F) {
	f.Fuzz(func(t *testing.T, input []byte) { decodeProgram(input).test(t) })
}

// longestRun is how long a program may take: many times of what the longest do.
const longestRun = 20 * time.Second

// test runs the program in a bubble of its own.
func (p program) test(t *testing.T) {
	stuck := time.AfterFunc(longestRun, func() {
		panic(fmt.Sprintf("a program runs for more than %v:\n%v", longestRun, p))
	})
	defer stuck.Stop()
	var err error
	synctest.Test(t, func(*testing.T) { err = p.run() })
	if err != nil {
		t.Errorf("%v\n%v", err, p)
	}
}

var silent = slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{
	Level: slog.LevelError + 1,
}))

// run runs the program in its bubble, and says what went wrong.
func (p program) run() error {
	s := p.settings
	o := transport.Options{
		RingBytes:    16 << 10 << (s[0] & 3),
		ControlBytes: 16 << 10 << (s[0] >> 2 & 1),
		SessionBytes: 4 << 20,
		Window:       32 << 10 << (s[0] >> 3 & 1),
		MaxBatch:     16 << 10,
		MaxMessage:   256 << 10,
		Pulls:        1 + int(s[0]>>4&3),
		Logger:       silent,
	}
	if s[1]&largeFrames != 0 {
		o.RingBytes, o.Window, o.MaxBatch = 1<<20, 1<<20, 260<<10
	}
	e, err := transport.NewEngine(o)
	if err != nil {
		return err
	}
	handlers(e)
	f, err := newFeed(e)
	if err != nil {
		return err
	}
	defer f.end()
	l, err := newLoad(e, f, s)
	if err != nil {
		return err
	}
	for _, step := range p.steps {
		if step.op == opReload {
			l.end("page was reloaded")
			if l.broken != nil {
				return l.broken
			}
			if l, err = newLoad(e, f, s); err != nil {
				return err
			}
			continue
		}
		l.step(step)
		if s[1]&manual == 0 {
			l.carry()
		}
		synctest.Wait()
		l.checkEnd()
		if l.broken != nil {
			break
		}
	}
	if l.broken == nil {
		l.repair()
	}
	l.end("the program is over")
	return l.broken
}

// mostChannels is how many a load opens.
const mostChannels = 8

// step does one step.
func (l *load) step(s step) {
	c := l.channel(s.a)
	sender := int(s.a >> 7)
	switch s.op {
	case opOpen:
		if len(l.channels) < mostChannels {
			l.openChannel(s.a, s.b)
		}
		return
	case opReadAll:
		for _, c := range l.channels {
			c.read(1 << 30)
		}
		l.readFeed(1 << 30)
	case opEvent, opEventWait:
		l.event(s.a&1 != 0, size(s.b), s.op == opEventWait)
	case opEval, opEvalResult:
		l.eval(size(s.b), s.op == opEvalResult)
	case opFeed:
		l.feedSend(size(s.b), s.a&1 != 0)
	case opResume:
		l.resume([]string{"last", "oldest"}[s.a&1])
	case opRan:
		l.ran()
	case opOrdered:
		l.callOrdered(size(s.b))
	case opEcho:
		l.callEcho(size(s.b))
	case opCancel:
		l.cancel(s.a)
	case opFlush:
		if s.a&1 == 0 {
			c = nil
		}
		l.flush(c)
	case opNetwork:
		for range s.a&7 + 1 {
			l.carry()
			synctest.Wait()
		}
	case opFate:
		l.net.mu.Lock()
		l.net.fates = append(l.net.fates, s.a)
		l.net.mu.Unlock()
	case opRequest:
		if f := l.net.pick(s.a, toGo); f != nil {
			l.net.request(f, f.body)
		}
	case opRepeat:
		if f := l.net.pick(s.a, toGo, atGo); f != nil {
			if copied := l.net.copy(f); s.b&1 == 0 {
				l.net.request(copied, copied.body)
			}
		}
	case opAnswer:
		if f := l.net.pick(s.a, toPage); f != nil {
			l.net.land(f, f.status, f.answer)
		}
	case opFail:
		if f := l.net.pick(s.a, toGo, atGo, toPage); f != nil {
			l.net.lose(f)
		}
	case opCut:
		if f := l.net.pick(s.a, toPage); f != nil {
			l.net.cut(f, s.b)
		}
	case opTwice:
		if f := l.net.pick(s.a, toPage); f != nil && f.status == 200 {
			l.page.Handle(append([]byte(nil), f.answer...))
		}
	case opTime:
		time.Sleep(time.Millisecond << (s.b % 16))
	default:
		if c != nil {
			c.step(s, sender)
		}
	}
}

// step does a step of one channel.
func (c *channel) step(s step, sender int) {
	switch s.op {
	case opSend, opTrySend:
		c.send(sender, size(s.b), s.op == opSend)
	case opBurst:
		for i := range s.b & 31 {
			c.send(sender, int(s.b>>5)*250+int(i), s.a&waits != 0)
		}
	case opCloseGo:
		c.closeGo(s.b&1 != 0)
	case opReturn:
		c.returnCommand(s.b&1 != 0)
	case opCancelSends:
		c.l.mu.Lock()
		c.cancel(errCancelled)
		c.renew()
		c.l.mu.Unlock()
	case opRead:
		c.read(int(s.b))
	case opSendUp:
		c.sendUp(size(s.b))
	case opReceive:
		c.receive(int(s.b))
	case opClosePage:
		c.closePage()
	}
}
