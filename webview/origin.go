package webview

import (
	"fmt"
	"net/url"
	"strings"
)

// Scheme and Origin of the pages that an App serves itself.
const (
	Scheme = "tailrace"
	Origin = Scheme + "://localhost"
)

// origins are the origins that count as the app's own.
type origins struct {
	dev  *url.URL // nil: no development server
	name string   // its origin, "http://localhost:5173"
}

func newOrigins(dev string) (origins, error) {
	if dev == "" {
		return origins{}, nil
	}
	u, err := url.Parse(dev)
	if err != nil {
		return origins{}, fmt.Errorf("DevURL: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return origins{}, fmt.Errorf("DevURL is %q, must be like http://localhost:5173", dev)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return origins{dev: u, name: originOf(u)}, nil
}

// list gives the origins as the page's client gets them.
func (g origins) list() []string {
	if g.dev == nil {
		return []string{Origin}
	}
	return []string{Origin, g.name}
}

// own gives the origin of uri if it is one of ours, else "".
func (g origins) own(uri string) string {
	// The common case without parsing.
	if rest, ok := strings.CutPrefix(uri, Origin); ok && (rest == "" || strings.ContainsRune("/?#", rune(rest[0]))) {
		return Origin
	}
	if g.dev == nil {
		return ""
	}
	u, err := url.Parse(beforePath(uri))
	if err != nil || originOf(u) != g.name {
		return ""
	}
	return g.name
}

// beforePath gives the scheme and the host of a URL as WebKit has it: what stands behind them may
// be what package url does not take, a % that begins no escape for instance.
func beforePath(uri string) string {
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return uri
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return scheme + "://" + rest
}

// allows says whether a request may have this Origin header. "" is a request without one,
// as our own scheme's pages send them.
func (g origins) allows(header string) bool {
	return header == "" || header == Origin || g.cross(header)
}

// cross says whether answers to this Origin need Access-Control-Allow-Origin.
func (g origins) cross(header string) bool { return g.dev != nil && header == g.name }

// resolve makes a window's URL absolute. A script is none.
func (g origins) resolve(ref string) (string, error) {
	base := &url.URL{Scheme: Scheme, Host: "localhost", Path: "/"}
	if g.dev != nil {
		base = g.dev
	} else if ref == "" {
		ref = "index.html"
	}
	ref, fragment, hasFragment := strings.Cut(ref, "#") // which is the page's: any text
	u, err := base.Parse(escapePercent(ref))
	if err != nil {
		return "", fmt.Errorf("webview: URL: %w", err)
	}
	if u.Scheme == "javascript" { // it would run in the page that is there: an app may get its URLs from anywhere
		return "", fmt.Errorf("webview: URL: %.80q is a script, not a page: use Eval", ref)
	}
	if hasFragment {
		return u.String() + "#" + fragment, nil
	}
	return u.String(), nil
}

// escapePercent escapes each % that begins no escape, as browsers read it.
func escapePercent(s string) string {
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

// isEscape says whether what stands behind a % is two hexadecimal digits.
func isEscape(rest string) bool {
	if len(rest) < 2 {
		return false
	}
	_, high := unhex(rest[0])
	_, low := unhex(rest[1])
	return high && low
}

// originOf gives scheme://host:port, the port only where it isn't the scheme's own.
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch port := u.Port(); {
	case u.Scheme == "http" && port == "80", u.Scheme == "https" && port == "443", port == "" && strings.HasSuffix(host, ":"):
		host = strings.TrimSuffix(strings.TrimSuffix(host, port), ":")
	}
	return u.Scheme + "://" + host
}
