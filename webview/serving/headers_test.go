package serving

import (
	"net/http"
	"strings"
	"testing"
)

// Headers that package http takes apart are short.
func TestMaxHeaders(t *testing.T) {
	long := func(n int) []string { return []string{strings.Repeat("x", n)} }
	ranges := func(n int) []string {
		return []string{"bytes=" + strings.Repeat("0-0,", n-1) + "1-1"}
	}
	for name, c := range map[string]struct {
		h    http.Header
		want int
	}{
		"none":              {http.Header{}, 0},
		"as many ranges":    {http.Header{"Range": ranges(maxRanges)}, 0},
		"one more":          {http.Header{"Range": ranges(maxRanges + 1)}, 416},
		"in two headers":    {http.Header{"Range": append(ranges(8), ranges(9)...)}, 416},
		"as long a range":   {http.Header{"Range": long(maxRange)}, 0},
		"a longer one":      {http.Header{"Range": long(maxRange + 1)}, 416},
		"as many tags":      {http.Header{"If-None-Match": long(maxCondition)}, 0},
		"more tags":         {http.Header{"If-None-Match": long(maxCondition + 1)}, 431},
		"in two tags":       {http.Header{"If-Match": append(long(maxCondition), "x")}, 431},
		"the app's own":     {http.Header{"X-App": long(1 << 19)}, 0},
		"a long type":       {http.Header{"Content-Type": long(maxCondition + 1)}, 431},
		"a long date":       {http.Header{"If-Modified-Since": long(maxCondition + 1)}, 431},
		"a long If-Range":   {http.Header{"If-Range": long(maxCondition + 1)}, 431},
		"a long Accept":     {http.Header{"Accept": long(maxCondition + 1)}, 431},
		"a long other date": {http.Header{"If-Unmodified-Since": long(maxCondition + 1)}, 431},
	} {
		if got, why := overlong(c.h); got != c.want || (got == 0) != (why == "") {
			t.Errorf("%s: %d %s, want %d", name, got, why, c.want)
		}
	}
}
