package serving

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
)

// Options are the settings of Pages. The zero value of each field is its default.
type Options struct {
	// Origin is where the pages are served, as browsers write it: "http://localhost:8080". It is
	// one exactly: 127.0.0.1 is another than localhost. Default "tailrace://localhost", that of the
	// custom scheme, which no server has.
	Origin string
	// DevURL is the address of a development server whose pages count as the app's own. Default:
	// none.
	DevURL string
	// Assets are the files of the pages: see webview.Options.Assets. Default: no file.
	Assets fs.FS
	// DotFiles has hidden files served: those with an element in their path that begins with a dot.
	// Default: for Assets they are not there, for LocalFiles they are refused.
	DotFiles bool
	// Fallback answers what no file of Assets does: paths that name none, and any method but GET
	// and HEAD. It is called on a goroutine of its own for each request, whose context ends when
	// the page goes or does not want the rest. Default: none, so those are a 404 and a 405.
	Fallback http.Handler
	// MaxRequestBody bounds, in bytes, the body of a request that Fallback reads. Default 64 MiB.
	MaxRequestBody int64
	// MaxUnseekable bounds, in bytes, a file that is read into memory: one that can't seek, and a
	// document that gets the import map. Default 64 MiB.
	MaxUnseekable int64
	// Header has headers for every file of Assets, and for what Fallback answers. It must not be
	// changed afterwards. Default: none.
	Header http.Header
	// SPA answers paths that name no file and have no extension with the root's index.html; with
	// Fallback only documents. Default: off.
	SPA bool
	// LocalFiles are directories of the system, as absolute paths, whose files pages may show, each
	// at /.tailrace/file/ and encodeURIComponent of its absolute path. Default: none.
	LocalFiles []string
	// Check is asked about each of these files, as transport.Engine.Check is. Default: pages of the
	// app's own origins may show them.
	Check func(transport.Permission) error
	// Modules serves the modules under Tauri's names at /.tailrace/tauri/. Default: off.
	Modules bool
	// ImportMap puts an import map for these into the HTML documents of Assets that have none. It
	// implies Modules. Default: off.
	ImportMap bool
	// Logger gets what matters: files that can't be read, requests that are refused. Default
	// slog.Default().
	Logger *slog.Logger
}

// Pages are what all pages of an app share. They don't change.
type Pages struct {
	options Options
	origins origin.Set
	assets  *assets
	log     *slog.Logger

	logged      loglimit.Once // files that were refused
	overstaying atomic.Int64  // the app's functions that have not returned, though nobody waits
}

// New checks the options and makes Pages from them.
func New(o Options) (*Pages, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Logger = loglimit.New(o.Logger)
	for _, bound := range []struct {
		name  string
		value *int64
	}{{"MaxUnseekable", &o.MaxUnseekable}, {"MaxRequestBody", &o.MaxRequestBody}} {
		if *bound.value == 0 {
			*bound.value = 64 << 20
		}
		if *bound.value < 0 {
			return nil, fmt.Errorf("serving: options: %s is %d, must not be negative", bound.name,
				*bound.value)
		}
	}
	var err error
	if o.Header, err = checkedHeader(o.Header); err != nil {
		return nil, err
	}
	if o.LocalFiles, err = checkLocalFiles(o.LocalFiles); err != nil {
		return nil, err
	}
	g, err := origin.New(o.Origin, o.DevURL)
	if err != nil {
		return nil, fmt.Errorf("serving: options: %w", err)
	}
	if o.Check == nil {
		o.Check = func(transport.Permission) error { return nil }
	}
	o.Modules = o.Modules || o.ImportMap
	return &Pages{options: o, origins: g, assets: newAssets(o, g), log: o.Logger}, nil
}

// Files gives a handler of the files of Assets alone, with Options.Header and without the bounds
// that a Viewer has.
func (p *Pages) Files() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		for name, values := range p.options.Header {
			rw.Header()[name] = slices.Clone(values)
		}
		p.assets.ServeHTTP(rw, r)
	})
}
