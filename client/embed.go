// Package client holds the page's half of Tailrace, built from the TypeScript
// in this folder and ready to be served or injected by the Go side. The files
// under dist are committed; `npm run verify` checks that they are what the
// sources give.
package client

import _ "embed"

// Injected is the script for document start in every top frame of a window. It
// is the body of a function with the one parameter TAILRACE_CONFIG:
//
//	(function(TAILRACE_CONFIG){ …Injected… })({"base":"tailrace://localhost","origins":["tailrace://localhost"]})
//
// base is where its requests go. On a page whose protocol and host are not
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
