//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/shm"
)

// held is what processes hold of shared memory.
type held struct {
	files, maps int // of memory that Go made for pages
	sockets     int // of whoever
}

// holds counts what a process holds. A process that is gone holds nothing.
func holds(pid string) held {
	var h held
	names, _ := filepath.Glob("/proc/" + pid + "/fd/*") // the pattern is right
	for _, name := range names {
		switch to, _ := os.Readlink(name); { // one that is closed meanwhile counts no more
		case strings.HasPrefix(to, "/memfd:tailrace"):
			h.files++
		case strings.HasPrefix(to, "socket:"):
			h.sockets++
		}
	}
	maps, _ := os.ReadFile("/proc/" + pid + "/maps")
	h.maps = strings.Count(string(maps), "/memfd:tailrace")
	return h
}

// webProcesses gives the web processes of this one.
func webProcesses(t *testing.T) []string {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var pids []string
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		begin, end := strings.IndexByte(string(b), '('), strings.LastIndexByte(string(b), ')')
		fields := strings.Fields(string(b[end+1:]))
		if strings.HasPrefix(string(b[begin+1:end]), "WebKitWebProces") && fields[0] != "Z" &&
			fields[1] == strconv.Itoa(os.Getpid()) {
			pids = append(pids, filepath.Base(filepath.Dir(name)))
		}
	}
	return pids
}

// pagesHold counts what all web processes hold.
func pagesHold(t *testing.T) held {
	var sum held
	for _, pid := range webProcesses(t) {
		h := holds(pid)
		sum.files, sum.maps = sum.files+h.files, sum.maps+h.maps
	}
	return sum
}

// virtual is this process's address space in bytes.
func virtual(t *testing.T) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(b))[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// Whatever ends a page, nothing stays mapped or open: neither here nor in the web process.
func TestShmLeavesNothing(t *testing.T) {
	type args struct{ Channel *transport.Channel[[]byte] }
	app := newApp(t, Options{Carrier: CarrierShm, SharedBytes: 2 << 30}, func(e *transport.Engine) {
		caller(e)
		transport.Handle(e, "flood", func(ctx context.Context, a args) (none, error) {
			b := make([]byte, 100<<10)
			for n := 0; ; n++ {
				if err := a.Channel.Send(ctx, b[:n%len(b)]); err != nil {
					return none{}, err
				}
			}
		})
	})
	nothing := func(what string) {
		t.Helper()
		var here, there held
		eventually(t, "nothing to be left after "+what, func() bool {
			here, there = holds("self"), pagesHold(t)
			if t.Failed() {
				return true
			}
			return here.files+here.maps+there.files+there.maps == 0
		})
	}
	nothing("the tests before")
	p := openPage(t, app, WindowOptions{})
	busy := func() {
		t.Helper()
		p.run(`await new Promise((resolve) => {
			let n = 0;
			tailrace.invoke('flood', { channel: new tailrace.Channel(() => {
				if (++n === 2000) resolve(); }) }).catch(() => {});
		})`, nil)
		p.carriedBy("shm")
		if here, there := holds("self"), pagesHold(t); here.maps == 0 || there.maps == 0 {
			t.Fatalf("a session in shared memory has %+v mapped here and %+v in the web process",
				here, there)
		}
	}
	busy()
	p.Reload()
	p.waitLoaded()
	p.run(`await tailrace.invoke('caller')`, nil)
	p.carriedBy("shm")
	before, space := held{}, virtual(t)
	eventually(t, "one session's memory", func() bool {
		before = holds("self")
		return before.files <= 4
	})
	for range 4 {
		busy()
		p.Reload()
		p.waitLoaded()
		p.run(`await tailrace.invoke('caller')`, nil)
		p.carriedBy("shm")
	}
	eventually(t, "what was open after the first reload", func() bool {
		now := holds("self")
		return now.files <= before.files && now.maps <= before.maps && now.sockets <= before.sockets
	})
	if grown := virtual(t) - space; grown > 1<<30 {
		t.Errorf("4 reloads took %d MB of address space", grown>>20)
	}
	busy()
	if err := p.Navigate(foreign(t, blank).URL); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	nothing("a navigation to a foreign page")
	if err := p.Navigate("index.html"); err != nil {
		t.Fatal(err)
	}
	p.waitLoaded()
	busy()
	session := p.Session()
	p.post(p.native.Kill)
	wait(t, session.Done(), "the session's end")
	nothing("the end of the web process")
	p.Reload()
	p.waitLoaded()
	busy()
	p.Session().End("the app says so")
	nothing("the session's end")
	p.Reload()
	p.waitLoaded()
	busy()
	p.Destroy()
	wait(t, p.Done(), "the window's end")
	nothing("the window's end")
}

// A region that is full is an error that says so, for who sends first on a channel that needs more;
// the others go on.
func TestShmRegionFull(t *testing.T) {
	const each = 4 << 20
	type args struct{ Channels []*transport.Channel[[]byte] }
	o := Options{Carrier: CarrierShm, SharedBytes: 2 * each, Engine: transport.Options{
		RingBytes: each, ControlBytes: 1 << 20,
	}}
	p := conversation(t, o, func(e *transport.Engine) {
		transport.Handle(e, "fill", func(ctx context.Context, a args) (string, error) {
			for n, ch := range a.Channels {
				if err := ch.Send(ctx, []byte{byte(n)}); err != nil {
					again := a.Channels[0].Send(ctx, []byte{255})
					if !errors.Is(err, shm.ErrRegionFull) || !errors.Is(err, transport.ErrMemory) ||
						!strings.Contains(err.Error(), "SharedBytes") || again != nil {
						return "", fmt.Errorf("channel %d: %w; then %w", n, err, again)
					}
					return fmt.Sprint("full: ", n > 10), nil
				}
			}
			return "", errors.New("the region took them all")
		})
	})
	var got []any
	p.runLong(`
		const got = [];
		const channels = Array.from({ length: 1000 }, (_, n) => new tailrace.Channel((m) => {
			if (n === 0) got.push(m[0]); }));
		const answer = await tailrace.invoke('fill', { channels });
		return [answer, ...got];`, &got)
	if s := fmt.Sprint(got); s != "[full: true 0 255]" {
		t.Errorf("the page got %s", s)
	}
	p.run(`await tailrace.invoke('caller')`, nil)
}
