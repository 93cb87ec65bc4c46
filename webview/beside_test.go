//go:build linux && cgo

package webview

import (
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
	"golang.org/x/sys/unix"
)

// way is a way in which pages and Go reach each other.
type way struct {
	kind CarrierKind
	dev  bool // pages come from a development server, on a port of 127.0.0.1
}

func (w way) String() string {
	if w.dev {
		return w.kind.String() + ", DevURL"
	}
	return w.kind.String()
}

// everyWay runs a test on both carriers, one of them with DevURL, and with TAILRACE_VERIFY=1 each
// without and with it.
func everyWay(t *testing.T, f func(t *testing.T, w way)) {
	ways := []way{{CarrierShm, false}, {CarrierScheme, true}}
	if verifying {
		ways = append(ways, way{CarrierScheme, false}, way{CarrierShm, true})
	}
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) { f(t, w) })
	}
}

// beside is an app with a window whose stream has to go on, whatever happens beside it.
type beside struct {
	*App
	way    way
	honest *witness
	// heap bounds what the Go heap may grow by while something happens, in bytes.
	heap int64
	// resident bounds the growth of the program's resident memory, which is WebKit's and GTK's,
	// too. The web processes' own does not count.
	resident int64
	// answer bounds the UI thread's answers.
	answer time.Duration
	// own bounds the processor time that the UI thread takes until it answers: that is what a user
	// waits for it on a machine that has nothing else to do.
	own time.Duration
}

// besideHeap is beside.heap, and besideResident beside.resident, unless a test says otherwise.
const (
	besideHeap     = 64 << 20
	besideResident = 768 << 20
)

// slowestAnswer is beside.answer, unless a test says otherwise: the time that the UI thread may
// take to get to a function while something happens. It is for machines that are busy otherwise:
// the figure is printed.
const slowestAnswer = 2 * time.Second

// slowestOwn is beside.own, unless a test says otherwise. The race detector makes it several times
// as much, and is not measured.
const slowestOwn = 100 * time.Millisecond

// openBeside makes an app on a way, with its honest window. Its files are o.Assets, or those of
// testFiles; they must have an other.html. The rest of o is the test's.
func openBeside(t *testing.T, w way, o Options, commands func(*transport.Engine)) *beside {
	t.Helper()
	if o.Assets == nil {
		o.Assets = testFiles()
	}
	o.Carrier = w.kind
	if w.dev {
		o.DevURL = devFiles(t, o.Assets)
	}
	b := &beside{
		way: w, honest: &witness{}, heap: besideHeap, resident: besideResident,
		answer: slowestAnswer,
		own:    slowestOwn,
	}
	b.App = newApp(t, o, func(e *transport.Engine) {
		b.honest.register(e)
		if commands != nil {
			commands(e)
		}
	})
	b.honest.begin(t, b.App)
	t.Cleanup(func() {
		defer b.honest.borrow(t)()
		b.honest.end()
	})
	return b
}

// devFiles serves files as a development server does, and gives its address.
func devFiles(t *testing.T, files fs.FS) string {
	s := httptest.NewServer(http.FileServerFS(files))
	t.Cleanup(s.Close)
	return s.URL
}

// during runs an attack, which gives its outcome as text, and checks what the rest of the app sees
// of it: the honest window's stream is without a gap and in order and its session the same, the UI
// thread answers, and the memory is bounded, the Go heap's and all of it. With -v it prints a row.
func (b *beside) during(t *testing.T, name string, attack func() (outcome string)) {
	t.Helper()
	defer b.honest.borrow(t)()
	b.honest.gap() // what was before does not count
	stop := make(chan none)
	heap, answer := peak(stop), b.slowest(t, stop)
	resident := peakResident(t)
	var once sync.Once
	end := func() { once.Do(func() { close(stop) }) }
	defer end()
	outcome := attack()
	gap := b.honest.gap()
	end()
	grew, slowest, all := <-heap, <-answer, resident()
	if grew > b.heap {
		t.Errorf("the Go heap grew by %d MiB, the bound is %d MiB", grew>>20, b.heap>>20)
	}
	if all > b.resident && !raced {
		t.Errorf("resident memory grew by %d MiB, the bound is %d MiB", all>>20, b.resident>>20)
	}
	if slowest.all > b.answer {
		t.Errorf("the UI thread took %v to answer", slowest.all)
	}
	if slowest.own > b.own && !raced {
		t.Errorf("the UI thread worked for %v until it answered", slowest.own)
	}
	if b.honest.Session() != b.honest.session {
		t.Error("the honest window has another session")
	}
	const digit = 100 * time.Microsecond
	t.Logf("| %v | %s | %s | gap %v | UI thread %v, its own %v "+
		"| heap +%.1f MiB, resident +%.1f MiB |",
		b.way, name, cell(outcome), gap.Round(time.Millisecond), slowest.all.Round(digit),
		slowest.own.Round(digit), float64(grew)/(1<<20), float64(all)/(1<<20))
}

// besideAnother runs an attack in windows of another App, beside one with an honest window. Both
// have one UI thread, one WebKit and one heap.
func besideAnother(t *testing.T, attack func(t *testing.T, w way) (outcome string)) {
	everyWay(t, func(t *testing.T, w way) {
		b := openBeside(t, w, Options{}, nil)
		b.during(t, "in another App", func() string { return attack(t, w) })
	})
}

// peakResident gives a function that says how much the program's resident memory has grown at most
// since: what WebKit takes in this process is not in the Go heap.
func peakResident(t *testing.T) func() int64 {
	t.Helper()
	read := func(field string) int64 {
		t.Helper()
		b, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(b), "\n"+field+":")
		line, _, _ := strings.Cut(rest, "\n")
		var kB int64
		if _, err := fmt.Sscan(line, &kB); err != nil {
			t.Fatalf("no %s in /proc/self/status: %v", field, err)
		}
		return kB << 10
	}
	// The kernel's own peak starts anew.
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
	before := read("VmRSS")
	return func() int64 { return max(0, read("VmHWM")-before) }
}

// answer is the time until the UI thread answered, and the processor time that it took until then.
type answer struct{ all, own time.Duration }

// uiTime gives the processor time that the UI thread has taken since it began.
func uiTime(t *testing.T) time.Duration {
	// The clock of one thread, as pthread_getcpuclockid makes it of its number. The main thread has
	// the process's.
	const thread, scheduled = 4, 2
	var now unix.Timespec
	if err := unix.ClockGettime(^int32(os.Getpid())<<3|thread|scheduled, &now); err != nil {
		t.Error(err)
	}
	return time.Duration(now.Nano())
}

// slowest asks the UI thread again and again until stop is closed, and gives the longest times that
// it took to answer.
func (b *beside) slowest(t *testing.T, stop <-chan none) <-chan answer {
	result := make(chan answer, 1)
	go func() {
		var most answer
		for {
			asked, worked, answered := time.Now(), uiTime(t), make(chan none)
			mainloop.Post(func() { close(answered) })
			<-answered
			most.all = max(most.all, time.Since(asked))
			most.own = max(most.own, uiTime(t)-worked)
			select {
			case <-stop:
				result <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return result
}

type outsideKind struct{ name, make string }

// outsideKinds are the frames in a page of ours that are not of its origin; make has f, the
// element, page, the document's HTML, and url, where a server of another origin has it.
var outsideKinds = []outsideKind{
	{"frame of another origin", `f.src = url`},
	{"sandboxed frame of another origin", `f.sandbox = 'allow-scripts allow-forms allow-modals ' +
		'allow-popups allow-downloads allow-pointer-lock'; f.src = url`},
	{"sandboxed srcdoc", `f.sandbox = 'allow-scripts allow-forms'; f.srcdoc = page`},
	{"data: frame", `f.src = 'data:text/html;charset=utf-8,' + encodeURIComponent(page)`},
	{"sandboxed blob:", `f.sandbox = 'allow-scripts';
		f.src = URL.createObjectURL(new Blob([page], { type: 'text/html' }))`},
}

// outsideKinds are all of them on one way, and one on the others, unless there is time.
func (w way) outsideKinds() []outsideKind {
	if w.dev && !verifying {
		return outsideKinds[:1]
	}
	return outsideKinds
}

// everyOutside runs the body of an async function in each kind of frame that is not of the page's
// origin; check gets what it returned, as text.
func (p *testPage) everyOutside(t *testing.T, script string, check func(kind, got string)) {
	t.Helper()
	for _, k := range outsideKinds {
		check(k.name, p.inFrame(t, k.make, script))
	}
}

// foreignFrame runs the body of an async function in a frame of another origin in the page, and
// gives what it returns, as text, or its error.
func (p *testPage) foreignFrame(t *testing.T, script string) string {
	t.Helper()
	return p.inFrame(t, outsideKinds[0].make, script)
}

// inFrame runs the body of an async function in a frame that make makes.
func (p *testPage) inFrame(t *testing.T, make, script string) string {
	t.Helper()
	page := outsidePage(script)
	return p.pageInFrame(t, make, page, foreign(t, page).URL)
}

// pageInFrame has make make a frame of a page, which another origin has at url, and gives what that
// tells its parent.
func (p *testPage) pageInFrame(t *testing.T, make, page, url string) (got string) {
	t.Helper()
	p.run(inFrame(make, page, url), &got)
	return got
}

// inFrame is the script of pageInFrame.
func inFrame(make, page, url string) string {
	return `return await new Promise((resolve) => {
		const page = ` + scriptString(page) + `, url = ` + strconv.Quote(url) + `;
		const f = document.createElement('iframe');
		const heard = (e) => {
			if (e.source !== f.contentWindow) return;
			removeEventListener('message', heard);
			f.remove();
			resolve(e.data);
		};
		addEventListener('message', heard);
		` + make + `;
		document.body.append(f);
	})`
}

// outsidePage gives a document that runs the body of an async function, and tells its parent, or
// its own global variable outcome, what it returns.
func outsidePage(script string) string {
	return `<!doctype html><meta charset=utf-8><title>outside</title><body><script>
		(async () => {` + strings.ReplaceAll(script, "</", `<\/`) + `
		})().then(String, String).then((v) => {
			globalThis.outcome = v;
			if (parent !== self) parent.postMessage(v, '*');
		})</script>`
}

// scriptString gives a text as a literal for a script within HTML.
func scriptString(s string) string {
	return strings.NewReplacer("\n", `\n`, "</", `<\/`, "\r", `\r`).Replace(
		"'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'")
}

// TestBeside: what the checks of during are about is seen by them.
func TestBeside(t *testing.T) {
	everyWay(t, func(t *testing.T, w way) {
		b := openBeside(t, w, Options{}, nil)
		p := openPage(t, b.App, WindowOptions{Label: "other"})
		b.during(t, "nothing", func() string {
			var origin string
			p.run(`return location.origin`, &origin)
			if want := b.origins.List()[len(b.origins.List())-1]; origin != want {
				t.Errorf("the page is of %s, want %s", origin, want)
			}
			return "it is of " + html.EscapeString(origin)
		})
		b.during(t, "frames of other origins", func() string {
			var all []string
			p.everyOutside(t, `return self.origin + ' has ' + typeof tailrace`,
				func(kind, got string) {
					if !strings.HasSuffix(got, " has undefined") {
						t.Errorf("%s: %s", kind, got)
					}
					all = append(all, kind+": "+got)
				})
			return strings.Join(all, "; ")
		})
	})
}

// What is measured is there: an UI thread that is busy is seen, and so is memory.
func TestBesideMeasures(t *testing.T) {
	b := &beside{App: loop}
	stop := make(chan none)
	heap, answer := peak(stop), b.slowest(t, stop)
	resident := peakResident(t)
	held := make([]byte, 64<<20)
	for i := 0; i < len(held); i += os.Getpagesize() {
		held[i] = 1
	}
	done := make(chan none)
	const busy = 120 * time.Millisecond
	mainloop.Post(func() {
		<-time.After(100 * time.Millisecond)
		for begun := uiTime(t); uiTime(t)-begun < busy; {
		}
		close(done)
	})
	wait(t, done, "the UI thread")
	wait(t, b.slowest(t, closed()), "the UI thread's next answer")
	close(stop)
	// What it is asked while it works counts from there.
	slowest := <-answer
	if slowest.all < busy || slowest.own < busy/2 || slowest.own > slowest.all {
		t.Errorf("an UI thread that was busy for %v, and stood for 100 ms: %+v", busy, slowest)
	}
	if grew := <-heap; grew < int64(len(held))/2 {
		t.Errorf("the heap grew by %d bytes, want %d at least", grew, len(held)/2)
	}
	if grew := resident(); grew < int64(len(held))/2 {
		t.Errorf("resident memory grew by %d bytes, want %d at least", grew, len(held)/2)
	}
	runtime.KeepAlive(held)
}

// closed gives a channel that is closed.
func closed() <-chan none {
	c := make(chan none)
	close(c)
	return c
}
