package loglimit

import (
	"strings"
	"sync"
)

// Once remembers what was logged already. It is bounded, since pages choose the keys.
type Once struct {
	mu   sync.Mutex
	seen map[string]bool
}

// maxOnce bounds what is logged once, maxKey a key.
const (
	maxOnce = 256
	maxKey  = 64
)

// First says whether the key is new, and gives it as it may be logged.
func (o *Once) First(key string) (shown string, first bool) {
	if len(key) > maxKey {
		key = strings.ToValidUTF8(key[:maxKey], "") + "…"
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen[key] || len(o.seen) == maxOnce {
		return key, false
	}
	if o.seen == nil {
		o.seen = make(map[string]bool)
	}
	o.seen[key] = true
	return key, true
}

// Short cuts a text for the log: a URL or path that a page has chosen may be long.
func Short(text string) string {
	const most = 200 // bytes
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
