package origin

import (
	"net/url"
	"strings"
)

// Target reads what stands behind the served origin in a URL: only path and query, since what a
// fragment has is the page's. It takes all that browsers send: a % that begins no escape stands for
// itself.
func (g Set) Target(target string) *url.URL {
	target = WithoutFragment(target)
	raw, query, hasQuery := strings.Cut(target, "?")
	if raw == "" {
		raw = "/"
	}
	u := g.root()
	u.RawQuery, u.ForceQuery = query, hasQuery && query == ""
	u.Path = unescape(raw)
	if u.EscapedPath() != raw {
		u.RawPath = raw // is used where it fits
	}
	return u
}

// root gives the URL of the served origin's root.
func (g Set) root() *url.URL {
	return &url.URL{Scheme: g.servedSite.scheme, Host: g.servedSite.authority(), Path: "/"}
}

// WithoutFragment gives a URL without its fragment.
func WithoutFragment(uri string) string {
	uri, _, _ = strings.Cut(uri, "#")
	return uri
}

// EscapePercent escapes each % that begins no escape, as browsers read it.
func EscapePercent(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "%")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		b.WriteByte('%')
		if !isEscape(rest) {
			b.WriteString("25")
		}
		s = rest
	}
}

// unescape is url.PathUnescape that leaves alone what is no escape.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && isEscape(s[i+1:]) {
			high, _ := unhex(s[i+1])
			low, _ := unhex(s[i+2])
			b = append(b, high<<4|low)
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

// isEscape says whether what stands behind a % is two hexadecimal digits.
func isEscape(rest string) bool {
	if len(rest) < 2 {
		return false
	}
	_, high := unhex(rest[0])
	_, low := unhex(rest[1])
	return high && low
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
