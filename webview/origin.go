package webview

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Scheme and Origin of the pages that an App serves itself.
const (
	Scheme = "tailrace"
	Origin = Scheme + "://localhost"
)

// Every question whether a URL or an origin is one of ours is answered in this file, on parts that
// parseSite has taken apart. The web process's extension asks it of its documents by the same
// rules, in transport/carrier/shm/extension/source/origin.c, and testdata/origins.txt is for both.
// Nothing is compared by a prefix, or as a whole text. The rules:
//
//   - What can't be taken apart without doubt is not ours. Nor is what is not in the form that
//     WebKit gives: URLs come to us as WebKit has read them, so that another form is a trick.
//   - Scheme and host are compared by their characters, a port by its number, where the scheme's
//     own is as none. A URL with a user in it is not ours, whatever its host is.
//   - What has no host, such as about:, blob:, data: and view-source:, has no origin here.
//   - Of an Origin header all has to be the origin: one with more, or with two of them, is foreign.
//
// TestOriginsInOneFile looks for comparisons elsewhere.

// site is an origin in its parts: that of a URL with a host.
type site struct {
	scheme string // in lower case
	host   string // in lower case, if the scheme is http or https; IPv6 without brackets
	port   string // "" is the scheme's own
}

// ourSite is Origin in its parts.
var ourSite = site{scheme: Scheme, host: "localhost"}

// longestSite bounds scheme, user, host and port of a URL. Names of hosts have 253 bytes at most.
const longestSite = 1 << 10

// String gives the origin as browsers write it.
func (s site) String() string {
	host := s.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if s.port != "" {
		host += ":" + s.port
	}
	return s.scheme + "://" + host
}

// parseSite takes apart a URL: its site, whether it names a user, and what stands behind, which
// begins with one of /?# or is empty. It makes no copy of what is in its usual form.
func parseSite(uri string) (s site, user bool, rest string, ok bool) {
	scheme := schemeOf(uri)
	if scheme == "" {
		return site{}, false, "", false
	}
	rest = uri[len(scheme)+1:]
	if len(rest) < 2 || rest[0] != '/' || rest[1] != '/' {
		return site{}, false, "", false
	}
	rest = rest[2:]
	end := 0
	for end < len(rest) && rest[end] != '/' && rest[end] != '?' && rest[end] != '#' {
		if end++; end > longestSite {
			return site{}, false, "", false
		}
	}
	authority := rest[:end]
	rest = rest[end:]
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority, user = authority[i+1:], true
	}
	s.scheme = strings.ToLower(scheme)
	s.host, s.port, ok = hostAndPort(authority, s.scheme)
	if !ok {
		return site{}, false, "", false
	}
	return s, user, rest, true
}

// schemeOf gives the scheme of a URL as it stands there, "" if it has none.
func schemeOf(uri string) string {
	for i := range len(uri) {
		switch c := uri[i]; {
		case isLetter(c):
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return uri[:i]
		default:
			return ""
		}
	}
	return ""
}

// isWeb says whether a URL is of http or https.
func isWeb(uri string) bool {
	scheme := strings.ToLower(schemeOf(uri))
	return scheme == "http" || scheme == "https"
}

// hostAndPort takes apart what stands behind a URL's user.
func hostAndPort(authority, scheme string) (host, port string, ok bool) {
	web := scheme == "http" || scheme == "https"
	if inside, found := strings.CutPrefix(authority, "["); found {
		literal, behind, closed := strings.Cut(inside, "]")
		ip, err := netip.ParseAddr(literal)
		if !closed || err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", "", false
		}
		host = canonical6(ip)
		if behind == "" {
			return host, "", true
		}
		authority = behind
		if authority[0] != ':' {
			return "", "", false
		}
	} else {
		var end int
		if end = strings.IndexByte(authority, ':'); end < 0 {
			end = len(authority)
		}
		host, authority = authority[:end], authority[end:]
		for i := range len(host) {
			if c := host[i]; !isLetter(c) && (c < '0' || c > '9') &&
				strings.IndexByte("-._~", c) < 0 {
				return "", "", false // of other writing, escaped, or no host at all
			}
		}
		if web {
			host = strings.ToLower(host)
		}
	}
	if host == "" {
		return "", "", false
	}
	if len(authority) <= 1 { // nothing, or the colon alone
		return host, "", true
	}
	port = authority[1:]
	n := 0
	for i := range len(port) {
		c := port[i]
		if c < '0' || c > '9' {
			return "", "", false
		}
		if n = n*10 + int(c-'0'); n > 65535 {
			return "", "", false
		}
	}
	switch {
	case scheme == "http" && n == 80, scheme == "https" && n == 443:
		return host, "", true
	case port[0] == '0':
		port = strconv.Itoa(n)
	}
	return host, port, true
}

// canonical6 writes an IPv6 address as browsers do, which write the end of none as IPv4.
func canonical6(ip netip.Addr) string {
	if ip.Is4In6() {
		b := ip.As16()
		return fmt.Sprintf("::ffff:%x:%x", uint16(b[12])<<8|uint16(b[13]),
			uint16(b[14])<<8|uint16(b[15]))
	}
	return ip.String()
}

// origins are the origins that count as the app's own.
type origins struct {
	dev  *url.URL // nil: no development server
	site site     // its origin
	name string   // the same as text, "http://localhost:5173"
}

func newOrigins(dev string) (origins, error) {
	if dev == "" {
		return origins{}, nil
	}
	u, err := url.Parse(dev)
	if err != nil {
		return origins{}, fmt.Errorf("DevURL: %w", err)
	}
	s, user, _, ok := parseSite(u.String())
	if !ok || user || !isWeb(dev) || !namesHost(s.host) {
		return origins{}, fmt.Errorf("DevURL is %q, must be like http://localhost:5173, with a "+
			"host "+
			"as browsers write it: an address in full, a name in ASCII", dev)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return origins{dev: u, site: s, name: s.String()}, nil
}

// namesHost says whether browsers take a host as it is. They make an address of what ends with a
// number, 0x7f.1 and 127.1 too, which would never be equal then.
func namesHost(host string) bool {
	last := strings.TrimSuffix(host, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	if strings.Contains(host, ":") || last == "" || last[0] < '0' || last[0] > '9' {
		return last != ""
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// list gives the origins as the page's client gets them.
func (g origins) list() []string {
	if g.dev == nil {
		return []string{Origin}
	}
	return []string{Origin, g.name}
}

// own gives the origin of uri if it is one of ours, else "". What it gives is Origin or that of the
// development server, as they are written in list.
func (g origins) own(uri string) string {
	s, user, _, ok := parseSite(uri)
	return g.named(s, ok && !user)
}

func (g origins) named(s site, ok bool) string {
	switch {
	case !ok:
	case s == ourSite:
		return Origin
	case g.dev != nil && s == g.site:
		return g.name
	}
	return ""
}

// served says whether uri is of the origin that the App serves itself, and gives what stands behind
// that: path, query and fragment, or nothing.
func served(uri string) (target string, ok bool) {
	s, user, rest, ok := parseSite(uri)
	return rest, ok && !user && s == ourSite
}

// isServed is served, for who needs no more.
func isServed(uri string) bool {
	_, ok := served(uri)
	return ok
}

// fromDev says whether uri is of the development server's origin.
func (g origins) fromDev(uri string) bool {
	s, user, _, ok := parseSite(uri)
	return ok && !user && g.dev != nil && s == g.site
}

// header gives the origin that an Origin header names if it is one of ours, else "".
func (g origins) header(value string) string {
	s, user, rest, ok := parseSite(value)
	return g.named(s, ok && !user && rest == "")
}

// allows says whether a request may have this Origin header. "" is a request without one,
// as our own scheme's pages send them.
func (g origins) allows(header string) bool { return header == "" || g.header(header) != "" }

// cross says whether answers to this Origin need Access-Control-Allow-Origin.
func (g origins) cross(header string) bool { return g.fromDev(g.header(header)) }

// webSite gives the site of a URL of http or https, for comparing foreign ones with each other. ok:
// there is one.
func webSite(uri string) (s site, ok bool) {
	if !isWeb(uri) {
		return site{}, false
	}
	s, _, _, ok = parseSite(uri)
	return s, ok
}

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
	// it would run in the page that is there: an app may get its URLs from anywhere
	if u.Scheme == "javascript" {
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
