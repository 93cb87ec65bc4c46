// Package webview gives windows whose pages are connected to Go: App and Window, and the custom
// scheme tailrace:// that carries assets, commands and channels. No TCP port is opened.
//
// What shows the windows is linked by an import for that alone, which only programs with windows
// have:
//
//	import _ "github.com/tailrace-go/tailrace/webview/native"
//
// This package itself links neither GTK nor WebKitGTK nor webview_go. Without that import New gives
// ErrNoCarrier.
//
// # Contract
//
//   - Every exported method may be called from any goroutine, except where its documentation says
//     main goroutine. The calls of GTK and WebKit are made on the main thread, which App.Run
//     drives, whoever asked for them.
//   - A nil context means context.Background().
//   - A window has at most one session: the connection with the page that it shows. A reload, a
//     navigation to another document, a closed window and a web process that ended end the session,
//     with the reason; a new page gets a new one. Window.Session gives it.
//   - Pages of our own origins are served, nothing else: tailrace://localhost, and the origin of
//     Options.DevURL. Only windows of the App reach it. A request for a session's data needs the
//     random id of the current session of the very window that it comes from.
//   - Nothing slow runs on the main thread. Assets are read on other goroutines; an answer is
//     handed over by one native call. No function of the app is called there.
//   - Changes of a window (SetTitle, Hide, …) are made in the order of their calls, and what is
//     asked after them (State) sees them. What the window manager decides comes when it has
//     decided.
//
// # Events and scripts
//
// App and Window emit and listen through package bus, whose documentation has the contract. Events,
// and scripts by Window.Eval, reach the page in the order in which they were accepted. They may
// come before there is a page: they are kept for the window from the moment that its label is
// taken, and between one page and the next. A window's own events (EventResize and the others) come
// the same way; resizes and moves are at most one a frame each, and the last one always comes.
//
// # Where pages lead
//
// The app's own pages stay. What leads a page elsewhere is the app's to decide: Options.OnNavigate
// for another origin in the same window, OnNewWindow for what wants a window of its own, OnDownload
// for files. Without them, http, https, mailto and tel that the user has clicked in our page open
// in the desktop's programs, and all else is refused and logged. When a page went elsewhere, Reload
// and Navigate come back, and what was emitted meanwhile is kept for the page. Windows of Attach
// are treated alike.
//
// Dialogs of the app's own pages are shown, unless Options.OnDialog answers them; those of frames
// of other origins are refused. Options.OnPermission gives what reaches beyond a page: by default
// nothing.
//
// # Closing
//
// Window.Close asks, as the user does: Go may refuse (OnCloseRequested), then a page that listens
// to tauri://close-requested decides. Window.Destroy, App.Shutdown and the end of Run don't ask.
//
// What waits for the user (alerts, choosers, menus, the print dialog) ends with its window. A
// page's print opens one dialog a window and returns at once. In a Flatpak sandbox the desktop's
// portal shows dialogs: they stay, and Run waits for the one that prints.
//
// # What happens to pages
//
//   - A page that is reloaded, navigates, is closed or whose web process ends: Send, Receive, Flush
//     and running commands end with a *transport.ClosedError that says which of these it was, and
//     the new page starts clean, with a session of its own.
//   - A page that comes back from the back-forward cache has its heap and a new session: its
//     channels and calls of before end with the code "restored".
//   - A web process that crashed or was killed leaves the window open. OnCrash and
//     EventWebviewCrashed tell; Reload and Navigate start another.
//   - A page whose script hangs: Send waits, TrySend and Emit give ErrFull, what is held is
//     bounded, and all goes on when it does. Reload waits for it, Terminate does not.
//   - A hidden or minimized window gets its data as any other; what WebKit slows down there are the
//     page's own timers and animation frames.
//   - A page that never connects has no session. What is emitted to it is kept up to
//     Options.Bus.PendingBytes, then ErrFull.
//
// # Tauri's commands
//
// With Options.Tauri or ImportMap pages may call the commands plugin:window|…, plugin:webview|…,
// plugin:app|…, plugin:path|… and plugin:resources|… of @tauri-apps/api 2, with its arguments and
// results; otherwise they are unknown, and the error names the options. What can't be done with
// GTK, or makes no sense with one webview in a window, is rejected by its name. With Options.Tauri
// the package itself runs unmodified; with Options.ImportMap, or Options.Tauri and a bundler's
// alias, its imports lead to modules of ours with the same names. Options.GlobalTauri makes
// window.__TAURI__ of them.
//
// What the policy decides:
//
//   - A command about a window (plugin:window|…, plugin:webview|…) needs the permission
//     "window:<label>", its own too, and no other; set_cursor_position needs "command:<name>"
//     besides. A new window needs that of its own label and of its parent's; set_theme and
//     plugin:app|set_app_theme that of every open window, which have one theme. Pages learn the
//     labels of the windows that they may act on.
//   - An event needs "listen:<event>" or "emit:<event>".
//   - All other commands need "command:<name>".
//   - Each of them, plugin:event|listen too, can be denied as "command:<name>", whatever is
//     allowed: "command:plugin:window|set_title". Only plugin:event|ready and ready_later can't. A
//     Policy of the app's own takes part in that if it is a transport.Denier.
//
// docs/commands.md has the table of all commands: what each needs, how long its arguments may be,
// and what it costs. A page's commands about windows are done one after the other, and are answered
// when they are done; who calls without end waits, and other windows don't. Dragging needs a button
// that the user holds, and moving the pointer a window that has the keyboard.
//
// Errors under these names are messages in Tauri's words where it has them. Ours besides:
// plugin:window|refuse_close tells that a page was asked to close and stays.
//
// # Carriers
//
// Data crosses through shared memory, by an extension that WebKit's web process loads, or by
// answers to requests of the custom scheme. The promises are the same. Options.Carrier says which;
// by default it is shared memory where that works, and a session whose shared memory fails goes on
// over the scheme without loss. SessionStats.Carrier, Reason and the log tell.
//
//   - Shared memory needs Linux on amd64 or arm64, and a directory from which code can be loaded:
//     TMPDIR, XDG_RUNTIME_DIR or the user's cache directory, the first that is neither mounted
//     noexec nor open to every user. The extension is unpacked there, readable for the user only,
//     when the first web process starts, and removed with the last window and at the end of Run.
//     What a killed process leaves is removed by the next one.
//   - WebKit has one directory for extensions. A program that has extensions of its own sets
//     CarrierScheme in all of its Apps, which then leave that directory alone.
//   - A web process that began before the App was made has no extension, so its pages use the
//     scheme.
//   - Only the client of a page of ours, in the main frame, gets at the memory of its own session.
//     What Go writes can't be written in the web process. All of it goes with the session, in both
//     processes.
//
// # Serving
//
// Assets, Fallback, Header, SPA and LocalFiles of Options say how requests of pages are answered;
// docs/pages.md has it all, with what of the web platform a page has over the scheme. Paths below
// /.tailrace/ are the package's own.
//
// # Platforms
//
// The scheme needs Linux with WebKitGTK and a build with cgo. Elsewhere the package compiles, and
// New gives ErrNoCarrier.
//
// # What WebKit changes in the process
//
//   - JavaScriptCore suspends threads by a signal: here by the C library's first real-time signal
//     (34), which Go does not deliver, so that SIGUSR1 stays the program's. With the environment's
//     JSC_SIGNAL_FOR_GC, or a WebKitGTK that can't be told, it may be SIGUSR1 all the same; New
//     logs that, and the process then dies of a SIGUSR1 that somebody else sends. Text in that
//     variable that is not the number of a signal is logged, and not used.
//   - It replaces Go's handlers of faults in a way that turns a recoverable nil dereference into a
//     crash, and GLib ignores SIGPIPE. Both are repaired whenever a page has loaded or said hello:
//     recover works in handlers, and signal.Notify gets SIGPIPE.
//   - SIGXCPU is WebKit's once a page has loaded. Where the kernel has no pidfd_open (before Linux
//     5.3), GLib takes SIGCHLD. All other signals are the program's.
//   - WebKit's receiving threads take real-time scheduling. The package takes that from them, so
//     that a busy window does not starve the machine.
//   - Nothing is printed to stdout or stderr, whatever pages do. GTK itself complains there of a
//     desktop whose settings it can't use, a locale that is not installed, say.
//
// # Example
//
// The program also imports _ "github.com/tailrace-go/tailrace/webview/native", without which New
// gives ErrNoCarrier.
//
//	//go:embed dist
//	var dist embed.FS
//
//	func main() {
//		assets, _ := fs.Sub(dist, "dist")
//		app, err := webview.New(webview.Options{Assets: assets})
//		if err != nil {
//			log.Fatal(err)
//		}
//		if _, err := app.Open(webview.WindowOptions{Title: "Hello"}); err != nil {
//			log.Fatal(err)
//		}
//		if err := app.Run(); err != nil {
//			log.Fatal(err)
//		}
//	}
package webview
