//go:build linux && cgo

package webview

import (
	"io"
	"net/http"

	"github.com/tailrace-go/tailrace/webview/internal/view"
	"github.com/tailrace-go/tailrace/webview/serving"
)

// The bounds of package serving that these tests come near, as docs/limits.md has them.
const (
	maxRequestHead  = serving.MaxHead
	maxRequestHeads = 16 << 20
	assetReaders    = 64
	assetHandlers   = 64
	streamFrom      = 1 << 20
	heldMost        = 64 << 10
	roomMost        = 64 << 20
)

// Paths of what it serves.
const (
	filePath  = serving.FilePath
	tauriPath = serving.ControlPath + "tauri/"
)

// recorder is a Responder that keeps the status.
type recorder struct{ status chan int }

func (r recorder) Control(status int, _ view.ContentKind, _ bool, _ [][]byte, _ int) {
	r.status <- status
}

func (r recorder) Answer(status int, _ http.Header, _ bool, _ []byte, _ func()) {
	r.status <- status
}

func (r recorder) Stream(status int, _ http.Header, _ bool, _ int64) (view.Body, error) {
	r.status <- status
	return nil, io.ErrClosedPipe
}
