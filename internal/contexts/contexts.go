// Package contexts says what a nil context means.
package contexts

import "context"

// OrBackground is ctx, or context.Background() for nil. Every exported function of this module that
// is given a context begins with it, so that nil means the same everywhere: it never ends.
func OrBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
