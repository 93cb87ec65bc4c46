package fuzz

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
)

// nativeScript is one that the page has asked Go to evaluate.
type nativeScript struct {
	id     uint32
	js     string
	result bool
}

// scriptNumber is the one that a script ends with.
func scriptNumber(js string) (int, error) {
	return strconv.Atoi(js[strings.LastIndexByte(js, ' ')+1:])
}

// event sends one.
func (l *load) event(binary bool, n int, wait bool) {
	n = max(n, headSize)
	s := 0
	if wait {
		s = 1
	}
	send := func() {
		l.mu.Lock()
		i, m := l.offer(&l.control, s, n)
		l.mu.Unlock()
		data := content(l.control.series[s].id, i, n)
		var err error
		if wait {
			err = l.page.Session.EventContext(context.Background(), []uint32{1, 2}, binary, data)
		} else {
			err = l.page.Session.Event([]uint32{1}, binary, data)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.decide(m, err)
	}
	if wait {
		l.events.do(send)
	} else {
		send()
	}
}

// eval sends a script. Its content in the model is that of a message as long as it is.
func (l *load) eval(n int, result bool) {
	l.mu.Lock()
	n = max(n, 12)
	i, m := l.offer(&l.control, 2, n)
	l.mu.Unlock()
	digits := strconv.Itoa(i)
	js := strings.Repeat("/", n-1-len(digits)) + " " + digits
	if !result {
		err := l.page.Session.Eval(js)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.decide(m, err)
		return
	}
	a := newActor()
	l.evals = append(l.evals, a)
	a.do(func() {
		got, err := l.page.Session.EvalResult(context.Background(), js)
		l.mu.Lock()
		defer l.mu.Unlock()
		if errors.Is(err, transport.ErrClosed) {
			m.end, m.verdict = l.now(), unsure
			return
		}
		l.decide(m, err)
		if err == nil && string(got) != digits {
			l.breaks(fmt.Errorf("script %d gave %s", i, got))
		}
	})
}

// ran lets the first script that Go was asked for run natively.
func (l *load) ran() bool {
	l.mu.Lock()
	if len(l.scripts) == 0 {
		l.mu.Unlock()
		return false
	}
	s := l.scripts[0]
	l.scripts = l.scripts[1:]
	n, err := scriptNumber(s.js)
	l.breaks(err)
	l.mu.Unlock()
	l.page.Session.NativeEvaluated(s.id, []byte(strconv.Itoa(n)), nil)
	if !l.page.Ran(s.id) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.breaks(fmt.Errorf("script %d ran, the page waits for another", n))
	}
	return true
}

// flush is opFlush: what was accepted before has arrived when it returns.
func (l *load) flush(c *channel) {
	l.mu.Lock()
	from := l.clock
	if c != nil && c.down == nil {
		c = nil
	}
	l.mu.Unlock()
	a := newActor()
	l.evals = append(l.evals, a)
	a.do(func() {
		var err error
		if c != nil {
			err = c.down.Flush(context.Background())
		} else {
			err = l.page.Session.Flush(context.Background())
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if err != nil {
			return
		}
		for _, o := range l.channels {
			if (c == nil || c == o) && !o.left {
				if err := o.order.missing(from); err != nil {
					l.breaks(fmt.Errorf("flush has returned: %w", err))
				}
			}
		}
	})
}
