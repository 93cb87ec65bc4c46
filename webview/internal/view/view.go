package view

import (
	"image"
	"image/color"
	"log/slog"
	"os"
	"unsafe"
)

// View is a window with a web view. Before Open or Attach, and after Release, its methods do
// nothing.
type View interface {
	// Open makes a window, and shows it unless it is to be hidden. It loads nothing.
	Open(h Host, o Options) error
	// Attach joins a window that the program has made. It wraps ErrAttach.
	Attach(h Host, n Native, o Options) error
	// Own says whether Open has made the window.
	Own() bool
	// IsOpen says whether there is one, made or joined.
	IsOpen() bool
	// Leave leaves the page: an empty document is shown. Nothing but Destroyed is told any more.
	Leave()
	// Hide takes a window that is being closed from the screen.
	Hide()
	// End ends the web process, of which the Host is not told.
	End()
	// Destroy destroys a window that was joined, which tells the Host Destroyed.
	Destroy()
	// Release gives everything back, with kill by ending the web process. Requests without an
	// answer fail.
	Release(kill bool)

	// Load begins to load a URL, Reload the one that is shown.
	Load(uri string)
	Reload()
	// Kill ends the web process, as a crash would.
	Kill()
	// SetApart notes in the history whether what is shown is no page of the app although it has its
	// URL. WasApart says what was noted of what has come back from there.
	SetApart(apart bool)
	WasApart() bool
	// Foreign says whether a document of another origin is or was in the page. Of a view that is
	// not open nobody knows: true.
	Foreign() bool
	// LimitBodies bounds a request's body, in bytes.
	LimitBodies(bytes int64)
	// Ping has pong called on the main thread when the web process has handled what was sent to
	// it, or there is none.
	Ping(pong func())
	// Eval runs a script in the page, whatever its Content-Security-Policy says, and calls done on
	// the main thread.
	Eval(js string, form EvalForm, done func(EvalOutcome, string))
	// Snapshot has a picture of the page sent to result, which has room for it.
	Snapshot(result chan<- Snapshot)
	// Offer hands duplicates of the files to the extension in the page's web process.
	Offer(session string, files []*os.File) error
	// AnswerDialog answers a question of Host.Dialog, unless it is over; text is what is entered
	// into a prompt.
	AnswerDialog(question int64, a DialogAction, text string)
	// Print opens the dialog for printing.
	Print()

	Window
}

// Window is what a View has of a window. Pixels are device-independent.
type Window interface {
	State() State
	Set(f Flag, on bool)
	SetTitle(title string)
	SetSize(width, height int)
	// SetBounds bounds the size; 0 is no bound.
	SetBounds(low, high image.Point)
	SetPosition(x, y int)
	Center()
	// Focus brings the window to the front, FocusPage gives the page its keys.
	Focus()
	FocusPage()
	SetZoom(factor float64)
	SetBackground(straight color.NRGBA64)
	// Drag has the pointer take the window along, or that edge of it, while the user holds a button
	// that was pressed in the page.
	Drag(e Edge)
	// SetPointer moves the pointer to a place in the page.
	SetPointer(x, y int)
	// Monitors gives the screens; of a view that is not open none is current.
	Monitors() []Monitor
}

// Native is a window that the program has made by webview_go.
type Native interface {
	// Window gives the native window's handle.
	Window() unsafe.Pointer
	// Init adds a script that runs at the beginning of each page.
	Init(js string)
}

// Options are what a view begins with.
type Options struct {
	Scripts  Scripts
	Settings map[string]bool // of the web view, by the names of WebKit's properties
	Logger   *slog.Logger

	// Of a window that Open makes.
	Title         string
	Width, Height int
	Position      *image.Point // nil: where the window manager puts it
	Parent        View         // nil: none
	Flags         []Flag       // that are set
	Fixed, Center bool
	Undecorated   bool
	NoFocus       bool
	Hidden        bool
}

// Scripts are those that a view adds to pages.
type Scripts struct {
	Page     []string // that run first in every document of the main frame
	Messages string   // in a world of ours, which posts what Host hears
	Watch    string   // in a world of ours, in every document
	Dialogs  string   // in the world of pages, in every document
	Bound    string   // first in pages of a window that was joined
}
