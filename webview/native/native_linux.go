//go:build linux && cgo

package native

import _ "github.com/tailrace-go/tailrace/webview/internal/gtk" // registers itself
