// Package tauri has the commands that @tauri-apps/api calls, named plugin:<part>|<command>. Events
// are package bus's. What is not provided is an unknown command, which the error names.
//
// The commands act on an [App] and its [Window]s, which package webview gives them: nothing here
// knows what shows a page. The package internal/builtin has the table of the commands: what each
// asks the policy for, how long its arguments may be, and what it costs. Commands that change a
// window are ordered: a page that calls several without awaiting has them done in that order, and
// what it asks afterwards sees their effect. They answer when they are done.
package tauri

import (
	"context"
	"image"
	"image/color"
	"log/slog"
	"slices"
	"strings"

	"github.com/tailrace-go/tailrace/internal/builtin"
	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// Version is the version of @tauri-apps/api whose commands are provided.
const Version = "2.12.5"

// Off says of a command what the app must ask for to have it.
const Off = "Tauri's commands are there only with webview.Options.Tauri or ImportMap"

// Codes of the errors that the commands answer with; the messages of the first three are Tauri's.
const (
	CodeNoWindow    = "no_window"    // there is no window of that label
	CodeNoResource  = "no_resource"  // there is no resource of that number
	CodeNoPath      = "no_path"      // the path, or the directory, has not what was asked for
	CodeLabelTaken  = "label_taken"  // a window of that label exists
	CodeNotProvided = "not_provided" // what can't be done here
	CodeNoPointer   = "no_pointer"   // the page may not move the pointer now
)

// App is what the commands need of the app. All methods may be called from any goroutine.
type App interface {
	// Window gives the open window of that label, and whether there is one.
	Window(label string) (Window, bool)
	// Labels are those of the open windows, in the order of opening.
	Labels() []string
	// SetTheme changes the look of all windows.
	SetTheme(t view.Theme)
	// Open opens a window for a page. It takes the label at once, and makes the window later. The
	// errors ErrTaken, ErrNoParent and ErrShown have answers of Tauri's.
	Open(opener *transport.Session, w NewWindow) error
	// InTurn calls f when it is the page's turn on the main thread, at that price.
	InTurn(ctx context.Context, p builtin.Price, f func()) error
	// Resources are those of the page that has called the command of ctx; nil when it is gone.
	Resources(ctx context.Context) *Resources
}

// Window is what the commands need of a window. All methods may be called from any goroutine; what
// changes a window returns at once, and is done in the order of the calls.
type Window interface {
	// State is what the window is now.
	State() (view.State, error)

	Show()
	Hide()
	// Close asks; Destroy does not. RefuseClose tells that the page was asked, and stays.
	Close()
	Destroy()
	RefuseClose()
	Focus()
	FocusPage()
	Center()
	Minimize()
	Unminimize()
	Maximize()
	Unmaximize()
	ToggleMaximize()
	// Drag moves the window with the pointer, or that edge of it.
	Drag(e view.Edge)

	Set(f view.Flag, on bool)
	SetTitle(title string)
	SetZoom(factor float64) error
	SetBackground(c color.Color)
	// Resize, Bound and Place get lengths at the window's scale, in device-independent pixels. They
	// refuse what no window can have. Bound leaves what is nil as it is.
	Resize(size Lengths) error
	Bound(low, high Lengths) error
	Place(at Lengths) error
	// MovePointer moves the user's pointer, if the page may do that now.
	MovePointer(at Lengths) error

	Monitors() ([]view.Monitor, error)
	// Pointer is the pointer's place on the screen, in device-independent pixels, and the window's
	// scale.
	Pointer() (at image.Point, scale float64, err error)
}

// Lengths give two lengths in device-independent pixels at a scale.
type Lengths func(scale float64) image.Point

// Config says what the commands answer about the app.
type Config struct {
	// Name, Version and Identifier are the app's.
	Name, Version, Identifier string
	// Env gives variables of the environment: os.Getenv.
	Env func(name string) string
	Log *slog.Logger
	// Logged is what was logged once.
	Logged *loglimit.Once
}

// commands is what the registered commands share.
type commands struct {
	engine *transport.Engine
	app    App
	config Config
}

// Register adds all commands to the engine.
func Register(e *transport.Engine, app App, config Config) {
	c := &commands{e, app, config}
	c.registerWindow()
	c.registerWebview()
	c.registerCreate()
	c.registerApp()
	c.registerPath()
	c.registerResources()
}

// commandParts are those whose commands are here.
var commandParts = []string{
	"plugin:window|", "plugin:webview|", "plugin:app|", "plugin:path|", "plugin:resources|",
}

// Command says whether a command is of one of Tauri's parts.
func Command(name string) bool {
	return slices.ContainsFunc(commandParts, func(part string) bool {
		return strings.HasPrefix(name, part)
	})
}
