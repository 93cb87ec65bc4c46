//go:build linux && cgo

package webview_test

import (
	"context"
	"log"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview"
)

const emitToPage = `<!doctype html>
<script type="module">
	import { invoke } from '@tauri-apps/api/core';
	import { getCurrentWebviewWindow } from '@tauri-apps/api/webviewWindow';

	const login = getCurrentWebviewWindow();
	await login.listen('login-result', ({ payload }) => {
		invoke('print', { line: payload });
		if (payload === 'loggedIn') login.close();
	});
	await invoke('login', { user: 'tauri-apps', password: 'guess' });
	await invoke('login', { user: 'tauri-apps', password: 'tauri' });
</script>`

// A command emits an event to one window, whatever kind of target the page listens as. To name the
// kind, there are bus.Window, bus.Webview and bus.WebviewWindow.
func ExampleApp_EmitTo() {
	app, err := webview.New(webview.Options{
		Assets:    fstest.MapFS{"index.html": {Data: []byte(emitToPage)}},
		ImportMap: true, // the page imports @tauri-apps/api without a bundler
	})
	if err != nil {
		log.Fatal(err)
	}
	transport.HandleOrdered(app.Engine(), "print", printLine)
	transport.Handle(app.Engine(), "login",
		func(_ context.Context, args struct{ User, Password string }) (any, error) {
			result := "invalidCredentials"
			if args.User == "tauri-apps" && args.Password == "tauri" {
				result = "loggedIn"
			}
			return nil, app.EmitTo(bus.AnyLabel("login"), "login-result", result)
		})
	window, err := app.Open(webview.WindowOptions{Label: "login"})
	if err != nil {
		log.Fatal(err)
	}
	<-window.Done() // a program calls app.Run instead, on its main goroutine

	// Output:
	// invalidCredentials
	// loggedIn
}
