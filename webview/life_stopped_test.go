//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// lifeRing is the size of a channel's ring in TestPageLife: small, so that a page that takes
// nothing fills it soon.
const lifeRing = 256 << 10

// freeze has the page's script loop for so long at least, and until it may go on. It returns when
// the page does nothing else.
func (s *subject) freeze(least time.Duration) {
	s.t.Helper()
	s.files.thaw.Store(false)
	asked := s.files.asked.Load()
	s.start(fmt.Sprintf(`const asks = (name) => {
			const r = new XMLHttpRequest();
			r.open('GET', '/' + name, false);
			r.send();
			return r.status === 200;
		};
		asks('thaw.txt');
		for (const end = performance.now() + %d; performance.now() < end;);
		while (!asks('thaw.txt'));
		life.thawed = performance.now();`, least.Milliseconds()))
	eventually(s.t, "the page to freeze", func() bool { return s.files.asked.Load() > asked })
}

// stalls waits until the page's sender has not sent for a while.
func (s *subject) stalls(l *pageLived) {
	s.t.Helper()
	const still = 200 * time.Millisecond
	last, since := l.sent.Load(), time.Now()
	eventually(s.t, "the sender to block", func() bool {
		if n := l.sent.Load(); n != last {
			last, since = n, time.Now()
		}
		return time.Since(since) >= still
	})
}

func frozen(s *subject) outcome {
	l := s.first
	s.run(`life.pulses = 0;
		await tailrace.listen('pulse', ({ payload }) => {
			if (payload.n !== life.pulses++) life.error ||= 'event ' + payload.n + ' where ' +
			(life.pulses - 1) + ' is due'; });`, nil)
	s.ready()
	began := time.Now()
	s.freeze(verifyOr(30*time.Second, 2*time.Second))
	s.stalls(l)
	if err := l.stream.TrySend(make([]byte, liveMessage)); !errors.Is(err, transport.ErrFull) {
		s.t.Errorf("TrySend to a frozen page gave %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := l.stream.Send(ctx, make([]byte, liveMessage)); !errors.Is(err,
		context.DeadlineExceeded) {
		s.t.Errorf("Send to a frozen page gave %v", err)
	}
	// Events don't wait: those that find no room are refused.
	pulses, fill := 0, strings.Repeat("x", 16<<10)
	for refused := false; !refused; {
		err := s.Emit("pulse", map[string]any{"n": pulses, "fill": fill})
		switch refused = errors.Is(err, transport.ErrFull); {
		case err == nil:
			pulses++
		case !refused:
			s.t.Fatalf("Emit to a frozen page gave %v", err)
		}
	}
	o := s.app.Engine().Options()
	memory, bound := l.session.Stats().Memory, int64(2*o.ControlBytes+2*lifeRing+o.MaxBatch)
	if memory > bound {
		s.t.Errorf("a frozen page's session holds %d bytes, want %d at most", memory, bound)
	}
	select {
	case <-l.session.Done():
		s.t.Fatalf("the session of a frozen page ended: %v", l.session.Err())
	case <-l.ended:
		s.t.Fatal("the command of a frozen page ended")
	default:
	}
	s.files.thaw.Store(true)
	waitLong(s.t, s.start(``)) // until the page runs scripts again
	var v struct {
		Pulses    int
		Recovered float64
	}
	eventually(s.t, "the page to have gone on", func() bool {
		s.run(`return life`, &v)
		return v.Pulses >= pulses && v.Recovered > 0
	})
	took := time.Since(began)
	s.goesOn(l)
	s.life() // has nothing to complain of
	if v.Pulses != pulses || s.Session() != l.session {
		s.t.Errorf("the page got %d of %d events; same session: %v", v.Pulses, pulses,
			s.Session() == l.session)
	}
	return outcome{
		fmt.Sprintf("Send blocks and honours its context, TrySend and Emit: ErrFull; %.1f MB "+
			"held, of %.1f MB allowed; session and commands live on", float64(memory)/1e6,
			float64(bound)/1e6),
		fmt.Sprintf("after %.0f s all in order: messages, and %d events that were accepted",
			took.Seconds(), pulses),
		time.Duration(v.Recovered * float64(time.Millisecond)),
	}
}

// A page that hangs for ever is got rid of by Terminate.
func hung(s *subject) outcome {
	reasons, events := s.crashes()
	s.freeze(0)
	s.stalls(s.first)
	act := time.Now()
	s.Terminate()
	seen := s.crashed(reasons, events, "terminated")
	return outcome{seen, "Reload: " + startsClean, s.fresh(act, s.first)}
}

func hidden(s *subject) outcome {
	return s.unseen(s.Hide, s.Show)
}

func minimized(s *subject) outcome {
	return s.unseen(func() { s.post(func() { s.gtk().Iconified(true) }) }, func() {
		s.post(func() { s.gtk().Iconified(false) })
	})
}

// pace gives the messages a second that the page gets, the longest pause between two, a command's
// mean time, and the timer ticks a second of a page that asks for many.
func (s *subject) pace(d time.Duration) (rate, gap, command, ticks float64) {
	s.t.Helper()
	var v struct{ Rate, Gap, Command, Ticks float64 }
	s.run(fmt.Sprintf(`
		const begin = performance.now(), down = life.down;
		life.gap = 0;
		let ticks = 0, commands = 0;
		const timer = setInterval(() => ticks++, 10);
		while (performance.now() < begin + %d) { await tailrace.invoke('caller'); commands++; }
		clearInterval(timer);
		const took = performance.now() - begin;
		return { rate: (life.down - down) / took * 1000, gap: life.gap, command: took / commands,
			ticks: ticks / took * 1000 }`, d.Milliseconds()), &v)
	return v.Rate, v.Gap, v.Command, v.Ticks
}

// unseen has the page hidden for a while.
func (s *subject) unseen(hide, show func()) outcome {
	hiddenIs := func(want bool) {
		s.t.Helper()
		eventually(s.t, fmt.Sprint("document.hidden to be ", want), func() bool {
			var is bool
			s.run(`return document.hidden`, &is)
			return is == want
		})
	}
	l, long := s.first, verifyOr(10*time.Second, 500*time.Millisecond)
	hiddenIs(false)
	rate, gap, command, ticks := s.pace(long)
	hide()
	hiddenIs(true)
	rate2, gap2, command2, ticks2 := s.pace(long)
	s.goesOn(l)
	act := time.Now()
	show()
	hiddenIs(false)
	s.goesOn(l)
	took := time.Since(act)
	s.life() // has nothing to complain of
	if s.Session() != l.session {
		s.t.Error("another session")
	}
	return outcome{
		fmt.Sprintf("the session lives on: %.0f messages/s (shown: %.0f)", rate2, rate),
		fmt.Sprintf("all in order; longest gap %.0f ms (shown: %.0f), command %.1f ms (%.1f), a "+
			"10 ms timer ticks %.0f times/s (%.0f)", gap2, gap, command2, command, ticks2, ticks),
		took,
	}
}
