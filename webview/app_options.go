package webview

import (
	"errors"
	"fmt"
	"image"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// Scheme and Origin of the pages that an App serves itself.
const (
	Scheme = origin.Scheme
	Origin = origin.OfScheme
)

// Options are an App's settings. The zero value of each field is its default.
type Options struct {
	// Assets are the files of the pages, served at tailrace://localhost/. A directory is answered
	// with its index.html, and /about with about.html if nothing is called about. The type of a
	// file is that of its name's extension; what has none that is known is bytes, whatever is in
	// it. No symbolic link leads out: an os.DirFS is opened by os.Root, and links of an
	// fs.ReadLinkFS are followed one by one. Only regular files are opened. A file that takes 30 s
	// for a piece is answered with status 504. Default: no file, so every path is a 404.
	Assets fs.FS
	// DotFiles has hidden files served, of Assets and below the directories of LocalFiles: those
	// with an element in their path that begins with a dot, as .env and .git/config. Default: for
	// Assets they are not there, and Fallback is asked; for LocalFiles they are refused.
	DotFiles bool
	// Fallback answers what no file of Assets does: paths that name none, and any method but GET
	// and HEAD. Without it the first are a 404, the others a 405. It is called on a goroutine of
	// its own for each request, 64 at once for a window; further ones wait. The request's context
	// ends when the page goes, or does not want the rest of the answer; Caller gives the window.
	// Bodies are streamed both ways: what was written reaches the page at Flush, or when it is more
	// than 64 KiB. A panic is logged and answered with status 500, or cuts off an answer that has
	// begun. There is no connection to hijack, and WebKit follows no redirect of a scheme's: see
	// docs/pages.md. Documents of other origins get no further than GET and HEAD. While a frame of
	// one is in the page, a POST that may be its own is refused: what XMLHttpRequest sends with the
	// type of a form or none, and without a header X-Requested-With. Default: none.
	Fallback http.Handler
	// MaxRequestBody bounds, in bytes, the body of a request that Fallback reads; reading beyond it
	// gives an *http.MaxBytesError. Default 64 MiB.
	MaxRequestBody int64
	// Header has headers for every file of Assets, and for what Fallback answers, which may change
	// them: Content-Security-Policy, Cache-Control, Cross-Origin-Opener-Policy and so on. Without a
	// Cache-Control in it, files have "no-cache": WebKit asks again before it shows one that it has
	// kept. It must not be changed afterwards. Default: none.
	Header http.Header
	// SPA answers paths that name no file and have no extension with the root's index.html, for
	// pages that route by themselves; with Fallback only documents, which is what navigations ask
	// for. Default: off.
	SPA bool
	// LocalFiles are directories of the system, as absolute paths, whose files pages may show: each
	// has the URL /.tailrace/file/ and encodeURIComponent of its absolute path, which is what
	// convertFileSrc of @tauri-apps/api/core gives. The policy is asked for "file:<path>" besides.
	// Ranges are served, links that lead out of the directory are not, and a document has an origin
	// of its own and runs no script. Default: none, so every file is refused.
	LocalFiles []string
	// DevURL is the address of a development server, for instance http://localhost:5173. Windows
	// then open there, relative URLs resolve against it, and its origin counts as our own. A window
	// whose server is not there says so, the log too, and goes on by itself when it is. Default:
	// none.
	DevURL string
	// Debug turns on the inspector, in which is the pages' console, and logs errors that documents
	// of the app's own do not catch: 1000 of each, without what could control a terminal. Windows
	// that were attached have the inspector if their maker has said so to webview_go. Default: off.
	Debug bool
	// KeepRunning lets Run go on when the last window is closed; Quit or Shutdown ends it.
	// Default: Run returns when the last window is closed.
	KeepRunning bool
	// MaxUnseekable bounds, in bytes, an asset whose file can't seek, since it is read into
	// memory; a larger one is answered with status 500. Default 64 MiB.
	MaxUnseekable int64
	// MaxWindows is how many windows may be open at once, since pages may open some. Default 64:
	// each has a web process, and WebKit aborts the program when the display has no room for
	// another client.
	MaxWindows int
	// MaxResources is how many resources a page may hold; see AddResource. Default 4096.
	MaxResources int
	// CloseTimeout is how long a page that listens to tauri://close-requested has to answer before
	// a further request closes its window; see Window.Close. Below zero, such a page alone decides.
	// Default 5 s.
	CloseTimeout time.Duration
	// OnNavigate is asked where a page may go, when that is not of the app's own origins, and
	// decides. It is never asked about the app's own Navigate and what servers make of it. Without
	// it, or for NavigationDefault:
	//
	//   - http, https, mailto and tel to which the user leads the document of the main frame of one
	//     of our pages, by a click or a key and not by a form's POST, are opened by the desktop,
	//     three at once and one a second. The page stays.
	//   - Other navigations of the main frame are refused, and logged. A foreign page, which the
	//     app has allowed or loaded, may stay within its origin.
	//   - Frames may show http and https.
	//
	// WebKit tells the main frame's navigation only when the server has answered, except after a
	// click: so a refused one may have been requested. The function runs on a goroutine of its own
	// and may take its time, while the page waits; about one window 32 at most are asked at once.
	// One that panics refuses. Default: none.
	OnNavigate func(Navigation) NavigationAction
	// OnNewWindow is asked about links with a target, and window.open, which gives null to the page
	// whatever is said. Default, also for NavigationDefault: as OnNavigate's for http, https,
	// mailto and tel after a click; what is of our own origins, and all else, is refused and
	// logged.
	OnNewWindow func(Navigation) NavigationAction
	// OnDownload is asked about a file that a page, or its user, wants on the disk: it gives the
	// absolute path of a file that does not exist yet, or "" to refuse. It runs on a goroutine of
	// its own and may take its time. WebKit downloads from http, https, blob and data, and not from
	// our own scheme. A download ends with its window. Default: refused and logged.
	OnDownload func(*Download) (path string)
	// OnDialog is asked about dialogs of the app's own pages, and of frames of the app's origins in
	// them: alert, confirm, prompt, print, and the question of a beforeunload listener. It says
	// whether the user sees the dialog, or answers it itself, a prompt by text. It runs on a
	// goroutine of its own and may take its time: meanwhile the page waits, except for print, and
	// other windows go on. A window that is closed does not wait for it; the window's Navigate and
	// Reload do, as the page's process stands still. One that panics refuses. Dialogs of documents
	// of other origins are refused, logged and not asked about, so that none of them stops a page
	// or asks the user in the app's name. Default: the user sees it.
	OnDialog func(Dialog) (a DialogAction, text string)
	// OnPermission is asked what a page may have that reaches beyond it: see PermissionKind. It
	// runs on a goroutine of its own and may take its time. One that panics refuses. WebKit tells
	// of none which frame wants it: mind Permission.Foreign. Default: nothing is allowed, and that
	// is logged.
	OnPermission func(Permission) (allow bool)
	// Tauri gives pages the commands of the npm package @tauri-apps/api (plugin:window|… and
	// others: they open, move and close windows), and the globals through which it speaks, so that
	// it runs unmodified. Pages that have this module's client/dist/tauri under its names, by a
	// bundler's alias, need it, too. What pages may do with it is the policy's to say. Default:
	// off.
	Tauri bool
	// GlobalTauri makes window.__TAURI__, with app, core, dpi, event, path, webview, webviewWindow
	// and window, for pages that use Tauri without modules, as its own option withGlobalTauri does.
	// It needs Tauri. Default: off.
	GlobalTauri bool
	// ImportMap puts an import map into the HTML documents of Assets that have none, so that
	// "@tauri-apps/api/app", core, dpi, event, path, webview, webviewWindow and window are found
	// without a bundler; they are the package's own modules of these names, which are served at
	// /.tailrace/tauri/ then, and with Tauri. The commands are there as with Tauri, the globals are
	// not. Default: off.
	ImportMap bool
	// Name, Version and Identifier are what pages are told about the app by @tauri-apps/api/app.
	// Identifier also names the app's directories, "com.example.app". Defaults: the program's file
	// name, "0.0.0", none.
	Name, Version, Identifier string
	// Carrier says what carries data between Go and the pages. Default: shared memory where it
	// works, else the custom scheme.
	Carrier CarrierKind
	// SharedBytes is the address space, in bytes, that a session's shared memory has for the rings
	// of channels, 4 MiB of it at a time; only what is in use takes memory, which
	// Engine.SessionBytes bounds. A ring that finds no room gives shm.ErrRegionFull to who sends
	// first. At least Engine.ControlBytes and Engine.RingBytes, each in whole steps of 4 MiB; at
	// most 64 GiB. Default: Engine.SessionBytes, 512 MiB at least.
	SharedBytes int64
	// Policy says what pages may do; see the package's comment for Tauri's commands. It goes before
	// Engine.Policy. Default: pages of the app's own origins may do everything, others nothing.
	Policy transport.Policy
	// Engine are the settings of the transport. Its Logger is Options.Logger by default.
	Engine transport.Options
	// Bus are the settings of the events. Its Logger is Options.Logger by default; OnUI is set.
	Bus bus.Options
	// Logger gets what matters: sessions that can't open, assets that can't be read, web
	// processes that ended. Default slog.Default().
	Logger *slog.Logger
}

// withDefaults checks o and returns a copy with the defaults filled in, and the origins.
func (o Options) withDefaults() (Options, origin.Set, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Logger = loglimit.New(o.Logger)
	if o.Engine.Logger == nil {
		o.Engine.Logger = o.Logger
	}
	if o.GlobalTauri && !o.Tauri {
		return o, origin.Set{}, errors.New("webview: options: GlobalTauri needs Tauri")
	}
	if o.MaxWindows == 0 {
		o.MaxWindows = 64
	}
	if o.MaxWindows < 0 {
		return o, origin.Set{}, fmt.Errorf(
			"webview: options: MaxWindows is %d, must not be negative", o.MaxWindows)
	}
	if o.MaxResources == 0 {
		o.MaxResources = 4096
	}
	if o.MaxResources < 0 {
		return o, origin.Set{}, fmt.Errorf(
			"webview: options: MaxResources is %d, must not be negative", o.MaxResources)
	}
	if o.CloseTimeout == 0 {
		o.CloseTimeout = 5 * time.Second
	}
	if o.Carrier < CarrierAuto || o.Carrier > CarrierShm {
		return o, origin.Set{}, fmt.Errorf("webview: options: Carrier is %v, must be CarrierAuto, "+
			"CarrierScheme or CarrierShm", o.Carrier)
	}
	if o.Bus.Logger == nil {
		o.Bus.Logger = o.Logger
	}
	o.Bus.OnUI = onMainThread
	if o.Name == "" {
		o.Name = filepath.Base(os.Args[0])
	}
	if o.Version == "" {
		o.Version = "0.0.0"
	}
	if strings.ContainsAny(o.Identifier, "/\\\x00") || o.Identifier == ".." || o.Identifier == "." {
		return o, origin.Set{}, fmt.Errorf("webview: options: Identifier is %q, must be like "+
			"com.example.app", o.Identifier)
	}
	g, err := origin.New("", o.DevURL)
	if err != nil {
		return o, origin.Set{}, fmt.Errorf("webview: options: %w", err)
	}
	if o.Policy == nil {
		o.Policy = o.Engine.Policy
	}
	if o.Policy == nil {
		o.Policy = policy.Default(g.List()...)
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
	// Width and Height are the page's size in device-independent pixels, at most 8192. Default 1024
	// and 768.
	Width, Height int
	// Fixed keeps the user from resizing the window. Default: resizable.
	Fixed bool
	// Position is the place of the frame's top left corner on the screen, in device-independent
	// pixels. Default: the window manager chooses.
	Position *image.Point
	// Center puts the window into the middle of its screen, whatever Position is. Default: off.
	Center bool
	// Hidden opens the window without showing it; see Window.Show. Default: shown.
	Hidden bool
	// NoFocus leaves the keyboard where it is when the window is shown. Default: the window gets
	// it.
	NoFocus bool
	// Maximized, Fullscreen, AlwaysOnTop and Undecorated are what Window's methods of these names
	// set. Default: off.
	Maximized, Fullscreen, AlwaysOnTop, Undecorated bool
	// Parent is the label of an open window, above which this one stays. Default: none.
	Parent string

	inspector bool // it is the inspector
}

// farthest bounds positions: X11 counts in 16 bits.
const farthest = 1<<15 - 1

// withDefaults checks o and returns a copy with the defaults filled in and URL absolute.
func (o WindowOptions) withDefaults(g origin.Set) (WindowOptions, error) {
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
	if o.Position != nil {
		if err := checkPosition(*o.Position); err != nil {
			return o, err
		}
	}
	var err error
	o.URL, err = g.Resolve(o.URL)
	return o, err
}

func checkSize(width, height int) error {
	if width < 1 || width > view.LargestSide || height < 1 || height > view.LargestSide {
		return fmt.Errorf("webview: size %d x %d: each side must be 1 to %d", width, height,
			view.LargestSide)
	}
	return nil
}

// checkBounds checks the bounds of a size, of which 0 is none.
func checkBounds(low, high image.Point) error {
	for _, side := range []int{low.X, low.Y, high.X, high.Y} {
		if side < 0 || side > view.LargestSide {
			return fmt.Errorf("webview: size bounds %v, %v: each must be 0 to %d", low, high,
				view.LargestSide)
		}
	}
	return nil
}

func checkPosition(p image.Point) error {
	if !p.In(image.Rect(-farthest, -farthest, farthest+1, farthest+1)) {
		return fmt.Errorf("webview: position %v: each coordinate must be -%d to %d", p, farthest,
			farthest)
	}
	return nil
}

// checkLabel says whether a label is one that events can be for: Unicode letters, digits, and - / :
// _, 1024 bytes at most.
func checkLabel(label string) error {
	if _, err := bus.AnyLabel(label).MarshalJSON(); err != nil {
		return fmt.Errorf("%w: %w", ErrLabel, err)
	}
	return nil
}
