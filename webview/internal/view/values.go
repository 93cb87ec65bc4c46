package view

import "image"

// State is what a window was at one moment; see webview.State, which has the same fields.
type State struct {
	Title                                                           string
	Visible, Focused, Minimized, Maximized, Fullscreen, AlwaysOnTop bool
	Resizable, Decorated, Closable, Enabled                         bool
	Position, InnerPosition                                         image.Point
	Size, OuterSize                                                 image.Point
	Scale                                                           float64
	Dark                                                            bool
}

// Theme is the look of all windows; see webview.Theme.
type Theme int

// The themes.
const (
	ThemeSystem Theme = iota // as the desktop has it
	ThemeLight
	ThemeDark
)

// Flag is something that is true or false of a window. Those after Dark can be set and not read.
type Flag uint32

// The flags.
const (
	Visible Flag = 1 << iota
	Minimized
	Maximized
	Fullscreen
	Resizable
	Decorated
	Closable
	Enabled
	AlwaysOnTop
	Focused // read only
	Dark    // read only
	Focusable
	AlwaysBelow
	SkipTaskbar
	Everywhere // on all workspaces
	Urgent
	IgnoresPointer
)

// Edge is a side or a corner of a window, by GdkWindowEdge's numbers.
type Edge int

// The edges.
const (
	EdgeNone Edge = iota - 1
	EdgeNorthWest
	EdgeNorth
	EdgeNorthEast
	EdgeWest
	EdgeEast
	EdgeSouthWest
	EdgeSouth
	EdgeSouthEast
)

// Monitor is one screen. Rectangles are in device-independent pixels.
type Monitor struct {
	Name             string
	Area, Work       image.Rectangle // Work is without the desktop's panels
	Scale            float64
	Primary, Current bool
}

// MaxMonitors bounds how many screens are listed.
const MaxMonitors = 16

// LargestSide bounds the sides of a window, in device-independent and in physical pixels. WebKit
// draws a page into one accelerated surface, of 256 MB at 8192 by 8192. At twice the side the
// program stalls for seconds, and near the end of X11's range no surface can be made, and GTK waits
// for ever for one: a page could freeze the app.
const LargestSide = 8192

// Drawable bounds a side, in device-independent pixels, by the physical ones of the surface.
func Drawable(side int, scale float64) int { return min(side, int(LargestSide/scale)) }

// LoadEvent is a step of a navigation of the main frame to another document, by WebKitLoadEvent's
// numbers; a navigation inside a document makes none.
type LoadEvent int

// The steps.
const (
	LoadStarted LoadEvent = iota
	LoadRedirected
	LoadCommitted
	LoadFinished
)

// Lead is where a page leads.
type Lead struct {
	Kind        LeadKind
	URI, Method string
	Disposition string // an answer's header
	Gesture     bool   // the user clicked, or pressed a key, in the main frame's document
	Same        bool   // the view shows this URI already
	Redirect    bool   // the server redirects there
	Back        bool   // by the history, back or forth
	Listed      bool   // the history has it as a page
	Link        bool   // a link was clicked, by whomever
	MainFrame   bool   // of an answer: the main frame's document
	Download    bool   // of an answer: it can't be shown
}

// LeadKind is what a Lead is.
type LeadKind int

// The kinds.
const (
	LeadNavigation LeadKind = iota
	LeadNewWindow
	LeadResponse // the head of the answer is there, and tells whether it is for the main frame
)

// Verdict is what becomes of a question.
type Verdict int

// The verdicts.
const (
	Allow Verdict = iota
	Refuse
	ToDisk
	Hold // it comes later
)

// DialogKind is what a page shows to its user; see webview.DialogKind.
type DialogKind int

// The kinds.
const (
	DialogAlert DialogKind = iota + 1
	DialogConfirm
	DialogPrompt
	DialogBeforeUnload
	DialogPrint
)

// DialogAction is what becomes of a dialog; see webview.DialogAction.
type DialogAction int

// The actions.
const (
	DialogShow DialogAction = iota
	DialogAccept
	DialogRefuse
	DialogHold // the answer comes later
)

// PermissionKind is what a page wants to have; see webview.PermissionKind.
type PermissionKind int

// The kinds.
const (
	PermissionOther PermissionKind = iota
	PermissionGeolocation
	PermissionNotifications
	PermissionCamera
	PermissionMicrophone
	PermissionCameraMicrophone
	PermissionScreen
	PermissionDevices
	PermissionPointerLock
	PermissionStorage
	PermissionClipboard
)

// MenuItems are items of the context menu.
type MenuItems int

// The items.
const (
	MenuWindows MenuItems = iota
	MenuDownloads
)

// EvalForm is how a script is run.
type EvalForm int

// The forms.
const (
	EvalProgram  EvalForm = iota // in the global scope
	EvalFunction                 // the body of an async function there; for tests
	EvalAside                    // the same in a world that no document's scripts can reach
)

// EvalOutcome is what became of a script.
type EvalOutcome int

// The outcomes.
const (
	EvalValue  EvalOutcome = iota // the text is JSON
	EvalThrown                    // the text is a message with its place, of a SyntaxError, too
	EvalNoJSON                    // the value can't leave the page
	EvalGone                      // the page is
)

// Snapshot is a picture: premultiplied BGRA.
type Snapshot struct {
	Pix                   []byte
	Width, Height, Stride int
	Err                   error
}
