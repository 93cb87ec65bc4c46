package webview

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// ErrDownload is a download that failed or was cancelled.
var ErrDownload = errors.New("webview: download failed")

// Download is a file that a page wants on the disk. Its methods may be called from any goroutine.
type Download struct {
	window   *Window
	url      string
	foreign  bool
	received atomic.Int64
	done     chan struct{}

	mu        sync.Mutex // guards what follows
	name      string
	mediaType string
	size      int64
	err       error
	cancelled bool

	// Main thread only.
	native view.Download
}

// maxDownloads bounds the downloads of a window that go on at once. What is more is refused.
const maxDownloads = 16

// Window gives the window whose page wants it.
func (d *Download) Window() *Window { return d.window }

// URL gives where it comes from: http, https, blob or data, as the page has it.
func (d *Download) URL() string { return d.url }

// Foreign says that it may be a document of another origin that wants it: one is or was in the
// page since it was loaded, in a frame, or is the page itself. When it is false, a document of ours
// does.
func (d *Download) Foreign() bool { return d.foreign }

// Name gives the name that the page or the server suggests, made fit for a file: without folders,
// without a dot at its start, 128 bytes at most.
func (d *Download) Name() string { d.mu.Lock(); defer d.mu.Unlock(); return d.name }

// Type gives the media type, as the server says. It may be "".
func (d *Download) Type() string { d.mu.Lock(); defer d.mu.Unlock(); return d.mediaType }

// Size gives the bytes that will come, 0 when the server does not say.
func (d *Download) Size() int64 { d.mu.Lock(); defer d.mu.Unlock(); return d.size }

// Received gives the bytes that have come.
func (d *Download) Received() int64 { return d.received.Load() }

// Done is closed when the file is complete, or the download has failed.
func (d *Download) Done() <-chan struct{} { return d.done }

// Err gives, once Done is closed, why the file is not complete: an error that wraps ErrDownload, or
// ErrClosed for a window that was closed. Nil means that it is.
func (d *Download) Err() error { d.mu.Lock(); defer d.mu.Unlock(); return d.err }

// Cancel ends the download. What has come is removed.
func (d *Download) Cancel() {
	d.mu.Lock()
	d.cancelled = true
	d.mu.Unlock()
	d.window.change(d, func() { d.native.Cancel() })
}

// end ends the download for the app. Main thread only.
func (d *Download) end(err error) {
	select {
	case <-d.done:
		return
	default:
	}
	d.mu.Lock()
	d.err = err
	d.mu.Unlock()
	close(d.done)
}

// foldered finds what separates folders in the header of an attachment, escaped too.
var foldered = regexp.MustCompile(`(?i)[/\\\\]|%2f|%5c`)

// leadsToFile says whether an answer may become a download. Main thread only.
func (w *Window) leadsToFile(l view.Lead) view.Verdict {
	switch {
	case w.app.options.OnDownload == nil:
		w.refuse("a download (there is no Options.OnDownload)", l)
	case foldered.MatchString(l.Disposition):
		// with which libsoup 2 ends WebKit's process for the network
		w.refuse("a download whose name has folders", l)
	default:
		return view.ToDisk
	}
	return view.Refuse
}

// begin begins a download, or refuses it by nil. Main thread only.
func (w *Window) begin(uri string, native view.Download) *Download {
	l := view.Lead{URI: uri}
	switch {
	case w.app.options.OnDownload == nil:
		w.refuse("a download (there is no Options.OnDownload)", l)
		return nil
	case len(w.asks.downloads) >= maxDownloads:
		w.refuse("one download too many", l)
		return nil
	}
	d := &Download{
		window: w, url: uri, foreign: w.native.Foreign(), done: make(chan struct{}), native: native,
	}
	if w.asks.downloads == nil {
		w.asks.downloads = map[*Download]struct{}{}
	}
	w.asks.downloads[d] = struct{}{}
	return d
}

// destination asks the app where to. Main thread only.
func (d *Download) destination(name, mediaType string, size int64) {
	d.mu.Lock()
	d.name, d.mediaType, d.size = fileName(name), mediaType, max(0, size)
	d.mu.Unlock()
	w := d.window
	asked := askApp(w, "OnDownload", "", func() string {
		path := w.app.options.OnDownload(d)
		if path == "" {
			return ""
		}
		if err := writable(path); err != nil {
			w.app.log.Warn("webview: a download can't be written", "window", w.label, "error", err)
			return ""
		}
		return path
	}, d.to)
	if !asked {
		w.refuse("one download too many", view.Lead{URI: d.url})
		w.app.post(func() { d.to("") }) // not within WebKit's question
	}
}

// writable checks a path of the app's. WebKit would overwrite what is there.
func writable(path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("the path %q is not absolute", path)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%q exists already (%v)", path, err)
	}
	return nil
}

// to writes to path; "" cancels. Main thread only.
func (d *Download) to(path string) {
	d.mu.Lock()
	cancelled := d.cancelled
	d.mu.Unlock()
	if path == "" || cancelled {
		d.native.Cancel()
		return
	}
	d.native.To(path)
}

// over is told that nothing more comes; failure: why, or "". Main thread only.
func (d *Download) over(failure string) {
	delete(d.window.asks.downloads, d)
	d.mu.Lock()
	cancelled := d.cancelled
	d.mu.Unlock()
	switch {
	case failure == "":
		d.end(nil)
	case cancelled:
		d.end(fmt.Errorf("%w: cancelled", ErrDownload))
	default:
		d.end(fmt.Errorf("%w: %s", ErrDownload, failure))
	}
}

// endDownloads ends the downloads of a window that is closed. Main thread only.
func (w *Window) endDownloads() {
	for d := range w.asks.downloads {
		d.native.Forget()
		d.end(fmt.Errorf("%w: window %q", ErrClosed, w.label))
	}
	w.asks.downloads = nil
}

// longestName bounds a file's name, in bytes.
const longestName = 128

// fileName makes a suggested name one of a file.
func fileName(name string) string {
	name = name[strings.LastIndexAny(name, "/\\")+1:]
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) && r != ' ' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.TrimLeft(name, ". ")
	if len(name) > longestName {
		ext := filepath.Ext(name)
		if len(ext) > 16 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:longestName-len(ext)], "") + ext
	}
	if name = strings.TrimRight(name, ". "); name == "" {
		return "download"
	}
	return name
}

// downloadHost is a Download as its view sees it.
type downloadHost Download

var _ view.DownloadHost = (*downloadHost)(nil)

// Destination implements view.DownloadHost.
func (h *downloadHost) Destination(name, mediaType string, size int64) {
	(*Download)(h).destination(name, mediaType, size)
}

// Received implements view.DownloadHost.
func (h *downloadHost) Received(n int64) { h.received.Add(n) }

// Over implements view.DownloadHost.
func (h *downloadHost) Over(failure string) { (*Download)(h).over(failure) }
