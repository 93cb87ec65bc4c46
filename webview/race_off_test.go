//go:build !race

package webview

const raced = false
