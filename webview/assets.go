package webview

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"syscall"
	"time"
)

// assets serves an fs.FS. It never redirects.
type assets struct {
	files         fs.FS // nil: there are none
	maxUnseekable int64
	importMap     bool
	tauri         bool // the modules under Tauri's names are served
	log           *slog.Logger
}

var _ http.Handler = (*assets)(nil)

func newAssets(o Options) *assets {
	return &assets{files: o.Assets, maxUnseekable: o.MaxUnseekable, importMap: o.ImportMap, tauri: o.tauri(), log: o.Logger}
}

// ServeHTTP answers with a file: content type by its name, ranges, conditions. Anything that is not
// a file below the root is a 404.
func (a *assets) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if !readOnly(rw, r) {
		return
	}
	f, info, err := a.open(r.URL.Path)
	if err != nil {
		a.fail(rw, r.URL.Path, err)
		return
	}
	defer f.Close()
	if done, err := a.document(rw, r, info, f); err != nil {
		a.fail(rw, r.URL.Path, err)
		return
	} else if done {
		return
	}
	content, ok := f.(io.ReadSeeker)
	if !ok {
		b, err := a.readAll(f)
		if err != nil {
			a.fail(rw, r.URL.Path, err)
			return
		}
		content = bytes.NewReader(b)
	}
	serve(rw, r, info.Name(), info.ModTime(), content)
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

func serve(rw http.ResponseWriter, r *http.Request, name string, modified time.Time, content io.ReadSeeker) {
	if t := contentTypes[strings.ToLower(path.Ext(name))]; t != "" {
		rw.Header().Set("Content-Type", t)
	}
	http.ServeContent(rw, r, name, modified, content)
}

// open gives the file of a URL's path; of a directory its index.html.
func (a *assets) open(urlPath string) (fs.File, fs.FileInfo, error) {
	name := strings.TrimPrefix(urlPath, "/")
	switch {
	case a.files == nil:
		return nil, nil, fs.ErrNotExist
	case name == "":
		name = "."
	default:
		name = strings.TrimSuffix(name, "/")
	}
	if !fs.ValidPath(name) || strings.ContainsAny(name, "\\\x00") {
		return nil, nil, fs.ErrNotExist
	}
	f, info, err := openStat(a.files, name)
	if err == nil && info.IsDir() {
		f.Close()
		f, info, err = openStat(a.files, path.Join(name, "index.html"))
	}
	if err == nil && !info.Mode().IsRegular() {
		f.Close()
		return nil, nil, fs.ErrNotExist
	}
	return f, info, err
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

// readAll reads a file into memory, whatever size it tells.
func (a *assets) readAll(f io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(f, a.maxUnseekable+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > a.maxUnseekable {
		return nil, fmt.Errorf("the file must be read into memory and is larger than Options.MaxUnseekable, %d bytes", a.maxUnseekable)
	}
	return b, nil
}

// notFound are the errors of opening that say: there is no such file. The system's own are
// those of a path through a file, and of a name that is too long.
var notFound = []error{fs.ErrNotExist, fs.ErrInvalid, fs.ErrPermission, syscall.ENOTDIR, syscall.ENAMETOOLONG}

// fail answers with 404, or logs the error and answers with 500.
func (a *assets) fail(rw http.ResponseWriter, name string, err error) {
	for _, none := range notFound {
		if errors.Is(err, none) {
			http.Error(rw, "not found", http.StatusNotFound)
			return
		}
	}
	a.log.Error("webview: failed to read an asset", "path", name, "error", err)
	http.Error(rw, "the file can't be read", http.StatusInternalServerError)
}

// contentTypes are the types that must not depend on the machine's tables. A browser refuses
// scripts, modules and WebAssembly of another type.
var contentTypes = map[string]string{
	".avif":        "image/avif",
	".css":         "text/css; charset=utf-8",
	".csv":         "text/csv; charset=utf-8",
	".gif":         "image/gif",
	".htm":         "text/html; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".ico":         "image/x-icon",
	".jpeg":        "image/jpeg",
	".jpg":         "image/jpeg",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".mjs":         "text/javascript; charset=utf-8",
	".mp3":         "audio/mpeg",
	".mp4":         "video/mp4",
	".otf":         "font/otf",
	".pdf":         "application/pdf",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".ttf":         "font/ttf",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webm":        "video/webm",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".woff":        "font/woff",
	".woff2":       "font/woff2",
	".xml":         "text/xml; charset=utf-8",
}
