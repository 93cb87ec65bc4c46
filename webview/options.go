package webview

import (
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"unicode"

	"github.com/tailrace-go/tailrace/transport"
)

// Options are an App's settings. The zero value of each field is its default.
type Options struct {
	// Assets are the files of the pages, served at tailrace://localhost/. A directory is
	// answered with its index.html. Links that lead out of a os.DirFS are followed by it;
	// give os.Root's FS where that matters. Default: no file, so every path is a 404.
	Assets fs.FS
	// DevURL is the address of a development server, for instance http://localhost:5173. Windows
	// then open there, relative URLs resolve against it, and its origin counts
	// as our own. Default: none.
	DevURL string
	// Debug turns on the inspector, and writes the pages' console to stdout. Default: off.
	Debug bool
	// KeepRunning lets Run go on when the last window is closed; Quit or Shutdown ends it.
	// Default: Run returns when the last window is closed.
	KeepRunning bool
	// MaxUnseekable bounds, in bytes, an asset whose file can't seek, since it is read into
	// memory; a larger one is answered with status 500. Default 64 MiB.
	MaxUnseekable int64
	// Engine are the settings of the transport. Its Logger is Options.Logger by default.
	Engine transport.Options
	// Logger gets what matters: sessions that can't open, assets that can't be read, web
	// processes that ended. Default slog.Default().
	Logger *slog.Logger
}

// withDefaults checks o and returns a copy with the defaults filled in, and the origins.
func (o Options) withDefaults() (Options, origins, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Engine.Logger == nil {
		o.Engine.Logger = o.Logger
	}
	if o.MaxUnseekable == 0 {
		o.MaxUnseekable = 64 << 20
	}
	if o.MaxUnseekable < 0 {
		return o, origins{}, fmt.Errorf("webview: options: MaxUnseekable is %d, must not be negative", o.MaxUnseekable)
	}
	g, err := newOrigins(o.DevURL)
	if err != nil {
		return o, origins{}, fmt.Errorf("webview: options: %w", err)
	}
	return o, g, nil
}

// WindowOptions are a new window's settings. The zero value of each field is its default.
type WindowOptions struct {
	// Label names the window: letters, digits, and - / : _. It is unique among the App's
	// windows. Default "main".
	Label string
	// Title stands in the window's bar. Default: the label.
	Title string
	// URL is what the window shows first. A relative one resolves against
	// Options.DevURL or, without that, tailrace://localhost/. Default "index.html", with
	// DevURL that URL itself.
	URL string
	// Width and Height are the page's size in device-independent pixels. Default 1024 and 768.
	Width, Height int
	// Fixed keeps the user from resizing the window. Default: resizable.
	Fixed bool
}

// largestSide bounds Width and Height: X11 counts in 16 bits.
const largestSide = 1<<15 - 1

// withDefaults checks o and returns a copy with the defaults filled in and URL absolute.
func (o WindowOptions) withDefaults(g origins) (WindowOptions, error) {
	if o.Label == "" {
		o.Label = "main"
	}
	if err := checkLabel(o.Label); err != nil {
		return o, err
	}
	if o.Title == "" {
		o.Title = o.Label
	}
	if o.Width == 0 {
		o.Width = 1024
	}
	if o.Height == 0 {
		o.Height = 768
	}
	if err := checkSize(o.Width, o.Height); err != nil {
		return o, err
	}
	var err error
	o.URL, err = g.resolve(o.URL)
	return o, err
}

func checkSize(width, height int) error {
	if width < 1 || width > largestSide || height < 1 || height > largestSide {
		return fmt.Errorf("webview: size %d x %d: each side must be 1 to %d", width, height, largestSide)
	}
	return nil
}

// checkLabel says whether a label has only characters that globs and logs can show.
func checkLabel(label string) error {
	if label == "" {
		return fmt.Errorf("%w: it is empty", ErrLabel)
	}
	for _, r := range label {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-/:_", r) {
			return fmt.Errorf("%w: %q has the character %q; letters, digits and - / : _ may stand in it", ErrLabel, label, r)
		}
	}
	return nil
}
