package webview

import (
	"encoding/json"
	"image"
	"sync/atomic"
	"time"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/webview/internal/tauri"
)

// Names of the events that the package emits. Those of a window reach the listeners for the Window
// and the WebviewWindow of its label, and those for Any; created and crashed are for all.
const (
	// EventResize has the page's new size in physical pixels: {"width":…, "height":…}.
	EventResize = "tauri://resize"
	// EventMove has the frame's new place in physical pixels: {"x":…, "y":…}.
	EventMove = "tauri://move"
	// EventFocus and EventBlur have no payload.
	EventFocus = "tauri://focus"
	EventBlur  = "tauri://blur"
	// EventCloseRequested has no payload; see Window.Close.
	EventCloseRequested = "tauri://close-requested"
	// EventDestroyed has no payload. It is the window's last event.
	EventDestroyed = "tauri://destroyed"
	// EventScaleChange has {"scaleFactor":…, "size":{"width":…, "height":…}}, in physical pixels.
	EventScaleChange = "tauri://scale-change"
	// EventThemeChanged has "light" or "dark".
	EventThemeChanged = "tauri://theme-changed"
	// EventWindowCreated and EventWebviewCreated have {"label":…}.
	EventWindowCreated  = "tauri://window-created"
	EventWebviewCreated = "tauri://webview-created"
	// EventWebviewCrashed has {"label":…, "reason":…}: the web process ended, and its page is gone.
	// The reason is "crashed", "memory" (it was over the limit) or "terminated". Window.Reload
	// starts another. See Window.OnCrash.
	EventWebviewCrashed = "tauri://webview-crashed"
)

// told is what a window's events have told. Main thread only, but for missed.
type told struct {
	missed    atomic.Bool // the last event did not reach everybody
	last      State
	resizes   throttle
	moves     throttle
	low, high image.Point // bounds of the size
}

// changed notes what is new about the window and tells it. Main thread only.
func (w *Window) changed() {
	now := w.state()
	old := w.told.last
	w.told.last = now
	if now.Dark != old.Dark {
		w.tell(EventThemeChanged, tauri.ThemeName(now.Dark))
	}
	size := tauri.SizeOf(now.Size, now.Scale)
	if now.Scale != old.Scale {
		w.tell(EventScaleChange, map[string]any{"scaleFactor": now.Scale, "size": size})
	}
	if size != tauri.SizeOf(old.Size, old.Scale) {
		w.told.resizes.do(func() { w.tell(EventResize, size) })
	}
	at := tauri.PositionOf(now.Position, now.Scale)
	if at != tauri.PositionOf(old.Position, old.Scale) {
		w.told.moves.do(func() { w.tell(EventMove, at) })
	}
}

// focusChanged tells that the window has got or lost the keyboard. Main thread only.
func (w *Window) focusChanged(in bool) {
	if in {
		w.tell(EventFocus, nil)
	} else {
		w.tell(EventBlur, nil)
	}
}

// labelled is the payload of an event about a window that is for all.
type labelled struct {
	Label  string `json:"label"`
	Reason string `json:"reason,omitempty"`
}

// tell emits an event to the listeners for this window.
func (w *Window) tell(event string, payload any) {
	if !w.inspector {
		w.logMissed(event, w.app.bus.EmitFilter(event, encoded(payload), w.isTarget))
	}
}

// tellAll emits an event about this window to all.
func (w *Window) tellAll(event string, payload any) {
	if !w.inspector { // which is not the app's
		w.logMissed(event, w.app.bus.Emit(event, encoded(payload)))
	}
}

// encoded encodes an event of ours: the app's codec must not run on the main thread.
func encoded(payload any) json.RawMessage {
	b, err := json.Marshal(payload)
	if err != nil {
		panic(err) // numbers and strings: cannot fail
	}
	return b
}

// logMissed logs that an event did not reach everybody: the first of a run only.
func (w *Window) logMissed(event string, err error) {
	if failed := w.told.missed.Swap(err != nil); err != nil && !failed {
		w.app.log.Warn("webview: a window event did not reach everybody", "window", w.label,
			"event", event, "error", err)
	}
}

func (w *Window) isTarget(t bus.Target) bool {
	return t == bus.Window(w.label) || t == bus.WebviewWindow(w.label)
}

// after calls f on the main thread after a while, unless the window is closed by then.
func (w *Window) after(d time.Duration, f func()) {
	time.AfterFunc(d, func() { w.post(f) })
}

// throttleInterval is the least time between two resize events of a window, or two move events: one
// of each a frame.
const throttleInterval = 16 * time.Millisecond

// throttle lets the first of a run of calls pass at once, then the latest one after each interval.
// So the last one always passes. One goroutine uses it.
type throttle struct {
	after func(d time.Duration, f func()) // calls f on that goroutine after a while
	busy  bool
	next  func()
}

// do calls f, now or later, or a newer function instead.
func (t *throttle) do(f func()) {
	if t.busy {
		t.next = f
		return
	}
	t.busy = true
	f()
	t.after(throttleInterval, func() {
		t.busy = false
		if f := t.next; f != nil {
			t.next = nil
			t.do(f)
		}
	})
}
