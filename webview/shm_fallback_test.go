//go:build linux && cgo

package webview

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	wv "github.com/webview/webview_go"
	"golang.org/x/sys/unix"
)

// openKept opens a window whose page has kept what the extension gives to the client, as
// globalThis.kept. The test made the window, so that its script comes before the client.
func openKept(t *testing.T, app *App) *testPage {
	t.Helper()
	p := newTestPage(t)
	var own wv.WebView
	err := app.call(func() error {
		own = wv.New(false)
		own.Init(`globalThis.kept = globalThis.__tailrace_memory`)
		w, err := app.Attach("main", own)
		if err != nil {
			return err
		}
		p.follow(w)
		return w.Navigate("index.html")
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.shutDown()
		loop.call(func() error { own.Destroy(); return nil })
	})
	p.waitLoaded()
	return p
}

// bothWays streams numbered messages down and up at once. Reached is closed when a third of them
// are in the page.
type bothWays struct {
	reached chan struct{}
	counted uint32 // messages that Go got
}

const bothMessages = 12_000

func (b *bothWays) register(e *transport.Engine) {
	type args struct {
		Stream *transport.Stream[[]byte, []byte]
	}
	transport.Handle(e, "both", func(ctx context.Context, a args) (int, error) {
		sent := make(chan error, 1)
		go func() {
			r := rand.New(rand.NewPCG(5, 5))
			for n := range bothMessages {
				size := r.IntN(100)
				switch {
				case n%1000 == 500:
					size = 1 << 20
				case n%3 == 0:
					size = r.IntN(20_000)
				}
				m := numberedOf(r, 0, n, size)
				if err := a.Stream.Send(ctx, m); err != nil {
					sent <- err
					return
				}
			}
			sent <- nil
		}()
		for m, err := range a.Stream.All(ctx) {
			if err != nil {
				return int(b.counted), err
			}
			if len(m) < 4 || binary.LittleEndian.Uint32(m) != b.counted {
				return int(b.counted), fmt.Errorf("message %d is another", b.counted)
			}
			b.counted++
		}
		return int(b.counted), <-sent
	})
	transport.Handle(e, "third", func(context.Context, none) (none, error) {
		close(b.reached)
		return none{}, nil
	})
}

const bothScript = patternScript + `
	const total = ` + "%d" + `;
	let n = 0, error = '';
	const u32 = (m, at) => (m[at] | m[at+1] << 8 | m[at+2] << 16 | m[at+3] << 24) >>> 0;
	const stream = new tailrace.Channel((m) => {
		let sum = m.length - 12;
		for (let i = 12; i < m.length; i++) sum = (Math.imul(sum, 31) + m[i]) >>> 0;
		if (u32(m, 4) !== n || sum !== u32(m, 8)) error ||= 'message ' + u32(m, 4) + ' where ' + n +
			' is due, sum ' + (sum === u32(m, 8));
		if (++n === Math.floor(total / 3)) tailrace.invoke('third');
	});
	const result = tailrace.invoke('both', { stream });
	for (let i = 0; i < total; i++) {
		const m = new Uint8Array(4 + (i %% 500 === 7 ? 100_000 : i %% 300));
		new DataView(m.buffer).setUint32(0, i, true);
		const sent = stream.send(m);
		if (i %% 20 === 0) await sent;
	}
	while (n < total && error === '' && !stream.closed) await new Promise((resolve) =>
		setTimeout(resolve, 1));
	stream.close();
	return { up: await result, down: n, error };`

// A session whose shared memory fails while data streams both ways goes on over the scheme, and
// loses nothing.
func TestShmFallsBack(t *testing.T) {
	for name, c := range map[string]struct {
		fail   func(*testPage)
		reason string
	}{
		"Go leaves": {func(p *testPage) { p.pages.current.Load().shared.Down("the test says so") },
			"the test says so"},
		"the page leaves": {func(p *testPage) {
			// behind the client's back: it learns that when it next sends
			p.run(`kept.detach(); await tailrace.invoke('caller')`, nil)
		}, ""},
		"wrong values in the memory": {(*testPage).spoil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := &bothWays{reached: make(chan struct{})}
			logger, log := readableLog()
			p := openKept(t, newApp(t, Options{Logger: logger}, func(e *transport.Engine) {
				caller(e)
				b.register(e)
			}))
			p.run(`await tailrace.invoke('caller')`, nil)
			p.carriedBy("shm")
			result := p.start(fmt.Sprintf(bothScript, bothMessages))
			waitLong(t, b.reached)
			c.fail(p)
			var got struct {
				Up, Down int
				Error    string
			}
			p.decode(waitLong(t, result), &got)
			if got.Up != bothMessages || got.Down != bothMessages || got.Error != "" {
				t.Errorf("%d messages came up and %d down, of %d: %s", got.Up, got.Down,
					bothMessages, got.Error)
			}
			st := p.Session().Stats()
			if st.Carrier != "scheme" || st.Reason == "" || !strings.Contains(st.Reason, c.reason) {
				t.Errorf("the carrier is %q, because: %s", st.Carrier, st.Reason)
			}
			p.run(`await tailrace.invoke('caller')`, nil)
			if text := strings.ReplaceAll(log.String(), `\"`, `"`); !strings.Contains(text,
				st.Reason) {
				t.Errorf("the log lacks %q:\n%s", st.Reason, text)
			}
			// The next page has shared memory again.
			p.Reload()
			p.waitLoaded()
			p.run(`await tailrace.invoke('caller')`, nil)
			p.carriedBy("shm")
		})
	}
}

// spoil overwrites the queues that this process writes, as no page can, until the page's carrier
// has left them. It may unmap them meanwhile, so this is done through a second mapping, and through
// the file that lets a process write all of its own memory.
func (p *testPage) spoil() {
	t := p.t
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.OpenFile("/proc/self/mem", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	found := false
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) < 6 || f[1] != "rw-s" || !strings.HasPrefix(f[5], "/memfd:tailrace") {
			continue
		}
		from, to, _ := strings.Cut(f[0], "-")
		begin, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 4)
		if _, err := mem.ReadAt(head, int64(begin)); err != nil || string(head) != "TRS1" {
			continue // a slot, which may be gone by now
		}
		size := uintptr(end - begin)
		again, _, errno := unix.Syscall6(unix.SYS_MREMAP, uintptr(begin), 0, size,
			unix.MREMAP_MAYMOVE, 0, 0)
		if errno != 0 {
			t.Fatal(errno)
		}
		defer unix.Syscall(unix.SYS_MUNMAP, again, size, 0)
		found = true
		const header = 4096
		wrong := bytes.Repeat([]byte{0xFF}, int(size-header))
		eventually(t, "the end of shared memory", func() bool {
			if _, err := mem.WriteAt(wrong, int64(again)+header); err != nil {
				t.Fatal(err)
			}
			return !p.pages.current.Load().shared.Active()
		})
	}
	if !found {
		t.Fatal("there is no shared memory to spoil")
	}
}
