package serving

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
)

// assets serves an fs.FS.
type assets struct {
	files         fs.FS         // nil: there are none
	hidden        bool          // hidden ones are served
	time          time.Duration // that a file may take for a piece
	maxUnseekable int64
	importMap     bool
	modules       bool   // those under Tauri's names are served
	script        []byte // of the import map
	spa           bool
	fallback      bool // Options.Fallback answers what no file does
	header        http.Header
	log           *slog.Logger
}

var _ http.Handler = (*assets)(nil)

func newAssets(o Options, g origin.Set) *assets {
	return &assets{
		files: confined(o.Assets), hidden: o.DotFiles, time: fileTime,
		maxUnseekable: o.MaxUnseekable, importMap: o.ImportMap, modules: o.Modules,
		script:   importMap(g.Name()),
		spa:      o.SPA,
		fallback: o.Fallback != nil, header: o.Header, log: o.Logger,
	}
}

// ServeHTTP answers with a file: content type by its name, validators, ranges, conditions. Anything
// that is not a file below the root is a 404.
func (a *assets) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if !a.answer(rw, r) {
		http.Error(rw, "not found", http.StatusNotFound)
	}
}

// answer answers if there is a file for the request, or nobody else to ask.
func (a *assets) answer(rw http.ResponseWriter, r *http.Request) bool {
	if a.fallback && r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	if !readOnly(rw, r) {
		return true
	}
	f, info, to, err := a.find(r)
	switch {
	case err != nil && isNotFound(err):
		return false
	case err != nil:
		a.fail(rw, r.URL.Path, err)
		return true
	case to != "":
		sendOn(rw, r, to)
		return true
	}
	defer f.Close()
	noCache(rw, info)
	if done, err := a.document(rw, r, info, f); err != nil {
		a.fail(rw, r.URL.Path, err)
		return true
	} else if done {
		return true
	}
	content, ok := f.(io.ReadSeeker)
	if !ok {
		b, err := a.readAll(rw, f)
		if err != nil {
			a.fail(rw, r.URL.Path, err)
			return true
		}
		content = bytes.NewReader(b)
	}
	serve(rw, r, info.Name(), info.ModTime(), content)
	return true
}

// noCache has WebKit ask again before it shows a file that it has kept, unless the app wants it
// otherwise. A file that knows when it was changed gets a tag of its own, since Last-Modified
// counts seconds only.
func noCache(rw http.ResponseWriter, info fs.FileInfo) {
	h := rw.Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	if t := info.ModTime(); !t.IsZero() && h.Get("Etag") == "" {
		h.Set("Etag", fmt.Sprintf(`"%x-%x"`, t.UnixNano(), info.Size()))
	}
}

// module answers with a script that is built in.
func (a *assets) module(rw http.ResponseWriter, r *http.Request, source []byte) {
	if readOnly(rw, r) {
		serve(rw, r, "client.js", time.Time{}, bytes.NewReader(source))
	}
}

// readOnly refuses methods other than GET and HEAD.
func readOnly(rw http.ResponseWriter, r *http.Request) bool {
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	rw.Header().Set("Allow", "GET, HEAD")
	http.Error(rw, "this path takes GET and HEAD only", http.StatusMethodNotAllowed)
	return false
}

func serve(rw http.ResponseWriter, r *http.Request, name string, modified time.Time,
	content io.ReadSeeker) {
	if t, known := contentType(name); known || rw.Header().Get("Content-Type") == "" {
		rw.Header().Set("Content-Type", t)
	}
	if strings.Contains(r.Header.Get("Range"), ",") {
		content = apart{content}
	}
	http.ServeContent(rw, r, name, modified, content)
}

func openStat(files fs.FS, name string) (fs.File, fs.FileInfo, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// apart calls a file's methods where they may panic and end their goroutine: package http reads
// several ranges on a goroutine of its own.
type apart struct{ io.ReadSeeker }

// Read implements io.Reader.
func (a apart) Read(p []byte) (n int, err error) {
	if failed := appcode.Apart(func() { n, err = a.ReadSeeker.Read(p) }); failed != nil {
		return 0, failed
	}
	return n, err
}

// Seek implements io.Seeker.
func (a apart) Seek(offset int64, whence int) (n int64, err error) {
	if failed := appcode.Apart(func() {
		n, err = a.ReadSeeker.Seek(offset, whence)
	}); failed != nil {
		return 0, failed
	}
	return n, err
}

// pieces tells the writer of an answer that a file comes on.
type pieces struct {
	io.Reader
	to *answerWriter
}

// Read implements io.Reader.
func (p pieces) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.to.piece()
	return n, err
}

// readAll reads a file into memory, whatever size it tells.
func (a *assets) readAll(rw http.ResponseWriter, f io.Reader) ([]byte, error) {
	if to, ok := rw.(*answerWriter); ok {
		f = pieces{f, to}
	}
	b, err := io.ReadAll(io.LimitReader(f, a.maxUnseekable+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > a.maxUnseekable {
		return nil, fmt.Errorf("the file must be read into memory and is larger than "+
			"Options.MaxUnseekable, %d bytes", a.maxUnseekable)
	}
	return b, nil
}

// notFound are the errors of opening that say: there is no such file. The system's own are
// those of a path through a file, of a name that is too long, and of links in a circle.
var notFound = []error{
	fs.ErrNotExist, fs.ErrInvalid, fs.ErrPermission, syscall.ENOTDIR, syscall.ENAMETOOLONG,
	syscall.ELOOP, errNotRegular, errLeadsOut,
}

func isNotFound(err error) bool {
	return slices.ContainsFunc(notFound, func(none error) bool { return errors.Is(err, none) })
}

// fail logs the error and answers with 500.
func (a *assets) fail(rw http.ResponseWriter, name string, err error) {
	rw.Header().Del("Etag")
	a.log.Error("serving: failed to read an asset", "path", loglimit.Short(name),
		"error", err)
	http.Error(rw, "the file can't be read", http.StatusInternalServerError)
}
