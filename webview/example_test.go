//go:build linux && cgo

package webview_test

import (
	"context"
	"fmt"
)

// printLine is a command for the examples' pages: what they print is the example's output.
func printLine(_ context.Context, args struct{ Line string }) (any, error) {
	fmt.Println(args.Line)
	return nil, nil
}
