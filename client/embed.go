// Package client holds the page's half of Tailrace, built from the TypeScript
// in this folder and ready to be served or injected by the Go side. The files
// under dist are committed; `npm run verify` checks that they are what the
// sources give.
package client

import (
	"embed"
	"path"
)

// Injected is the script for document start in every top frame of a window. It is the body of a
// function with the one parameter TAILRACE_CONFIG:
//
//	(function(TAILRACE_CONFIG){ …Injected… })({
//	  "base":"tailrace://localhost","origins":["tailrace://localhost"]})
//
// base is where its requests go. On a page whose protocol and host, and whose origin, are not
// exactly one of origins, it does nothing at all. The slice must not be changed.
//
//go:embed dist/tailrace.js
var Injected []byte

// Module is the npm package `tailrace` as one ES module, for pages without a
// bundler. It uses the connection that Injected has made. The slice must not
// be changed.
//
//go:embed dist/tailrace.mjs
var Module []byte

// Internals is the script for document start, behind Injected, of pages that run the unmodified npm
// package @tauri-apps/api: it makes the globals isTauri, __TAURI_INTERNALS__ and
// __TAURI_EVENT_PLUGIN_INTERNALS__. Where Injected did nothing, it does nothing, too. It is the
// body of a function, as Injected is. The slice must not be changed.
//
//go:embed dist/tauri-internals.js
var Internals []byte

// Global is the script for document start, behind Injected, that makes window.__TAURI__: what
// index.js of TauriModules exports. It is the body of a function, as Injected is. The slice must
// not be changed.
//
//go:embed dist/tauri-global.js
var Global []byte

//go:embed dist/tauri/*.js
var tauri embed.FS

// TauriModules are the ES modules with the shapes of @tauri-apps/api, by file name: app.js,
// core.js, dpi.js, event.js, index.js, path.js, webview.js, webviewWindow.js, window.js, and what
// these import. They import each other by relative paths, so all must be served from one folder.
// They use the connection that Injected has made. Neither the map nor its slices must be changed.
var TauriModules = readModules()

func readModules() map[string][]byte {
	const folder = "dist/tauri"
	entries, err := tauri.ReadDir(folder)
	if err != nil {
		panic(err) // the folder is embedded
	}
	modules := make(map[string][]byte, len(entries))
	for _, e := range entries {
		if modules[e.Name()], err = tauri.ReadFile(path.Join(folder, e.Name())); err != nil {
			panic(err)
		}
	}
	return modules
}
