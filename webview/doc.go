// Package webview gives windows whose pages are connected to Go: App and Window on
// webview_go, and the custom scheme tailrace:// that carries assets, commands and
// channels. No TCP port is opened.
//
// # Contract
//
//   - Every exported method may be called from any goroutine, except where its
//     documentation says main goroutine. The calls of GTK and WebKit are made on the main
//     thread, which App.Run drives, whoever asked for them.
//   - A window has at most one session: the connection with the page that it shows.
//     A reload, a navigation to another document, a closed window and a web process that
//     ended end the session, with the reason; a new page gets a new one. Window.Session
//     gives it.
//   - Pages of our own origins are served, nothing else: tailrace://localhost, and the origin of
//     Options.DevURL. Only windows of the App reach it. A request for a session's data
//     needs the random id of the current session of the very window that it comes from.
//   - Nothing slow runs on the main thread. Assets are read on other goroutines; an answer
//     is handed over by one native call.
//
// # Platforms
//
// The scheme needs Linux with WebKitGTK and a build with cgo. Elsewhere the package
// compiles, and New gives ErrNoCarrier.
//
// # What WebKit changes in the process
//
// JavaScriptCore replaces Go's handlers of SIGSEGV and others in a way that turns a
// recoverable nil dereference into a crash, and WebKit's receiving threads take real-time
// scheduling. The package repairs both whenever a page has loaded or said hello: recover works
// in handlers, and a busy window does not starve the machine.
//
// # Example
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
