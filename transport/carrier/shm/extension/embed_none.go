//go:build !linux || (!amd64 && !arm64)

package extension

var library []byte
