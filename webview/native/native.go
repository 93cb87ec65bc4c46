// Package native lets package webview show windows of the system. A program imports it for that
// alone:
//
//	import _ "github.com/tailrace-go/tailrace/webview/native"
//
// On Linux with cgo it links GTK 3, WebKitGTK and webview_go, and ties the main goroutine to the
// main thread. Elsewhere it has nothing yet, and webview.New gives webview.ErrNoCarrier, as it does
// in a program without this import. Package webview itself links none of them: a server without
// windows, or an app that has a web view of its own, does not import this package.
package native
