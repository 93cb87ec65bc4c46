// Package origin answers every question whether a URL or an origin is one of the app's own.
//
// The web process's extension asks it of its documents by the same rules, in
// transport/carrier/shm/extension/source/origin.c, and origintest/testdata/origins.txt is for both.
package origin

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Scheme and OfScheme are the scheme and the origin of the pages that an App serves itself.
const (
	Scheme   = "tailrace"
	OfScheme = Scheme + "://localhost"
)

// Every question whether a URL or an origin is one of ours is answered in this file, on parts that
// Parse has taken apart. Nothing is compared by a prefix, or as a whole text. The rules:
//
//   - What can't be taken apart without doubt is not ours. Nor is what is not in the form that
//     WebKit gives: URLs come to us as WebKit has read them, so that another form is a trick.
//   - Scheme and host are compared by their characters, a port by its number, where the scheme's
//     own is as none. A URL with a user in it is not ours, whatever its host is.
//   - What has no host, such as about:, blob:, data: and view-source:, has no origin here.
//   - Of an Origin header all has to be the origin: one with more, or with two of them, is foreign.
//
// TestOriginsInOneFile looks for comparisons elsewhere.

// Site is an origin in its parts: that of a URL with a host.
type Site struct {
	scheme string // in lower case
	host   string // in lower case, if the scheme is http or https; IPv6 without brackets
	port   string // "" is the scheme's own
}

// longestSite bounds scheme, user, host and port of a URL. Names of hosts have 253 bytes at most.
const longestSite = 1 << 10

// String gives the origin as browsers write it.
func (s Site) String() string { return s.scheme + "://" + s.authority() }

// authority gives host and port as they stand in a URL.
func (s Site) authority() string {
	host := s.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if s.port != "" {
		host += ":" + s.port
	}
	return host
}

// Parse takes apart a URL: its site, whether it names a user, and what stands behind, which
// begins with one of /?# or is empty. It makes no copy of what is in its usual form.
func Parse(uri string) (s Site, user bool, rest string, ok bool) {
	scheme := SchemeOf(uri)
	if scheme == "" {
		return Site{}, false, "", false
	}
	rest = uri[len(scheme)+1:]
	if len(rest) < 2 || rest[0] != '/' || rest[1] != '/' {
		return Site{}, false, "", false
	}
	rest = rest[2:]
	end := 0
	for end < len(rest) && rest[end] != '/' && rest[end] != '?' && rest[end] != '#' {
		if end++; end > longestSite {
			return Site{}, false, "", false
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
		return Site{}, false, "", false
	}
	return s, user, rest, true
}

// SchemeOf gives the scheme of a URL as it stands there, "" if it has none.
func SchemeOf(uri string) string {
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

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// IsWeb says whether a URL is of http or https.
func IsWeb(uri string) bool {
	scheme := strings.ToLower(SchemeOf(uri))
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
			c := host[i]
			if !isLetter(c) && (c < '0' || c > '9') && strings.IndexByte("-._~", c) < 0 {
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

// Set are the origins that count as the app's own: that which serves its pages, and that of its
// development server. Its zero value has none.
type Set struct {
	servedSite Site
	name       string   // the same as text
	dev        *url.URL // nil: no development server
	devSite    Site     // its origin
	devName    string   // the same as text, "http://localhost:5173"
}

// New gives the origins of an app whose pages are served at an origin, "" for OfScheme, and by a
// development server, "" for none.
func New(served, dev string) (Set, error) {
	if served == "" {
		served = OfScheme
	}
	s, user, rest, ok := Parse(served)
	if !ok || user || rest != "" || IsWeb(served) && !namesHost(s.host) {
		return Set{}, fmt.Errorf("the Origin %q must be like http://localhost:8080, with a host "+
			"as browsers write it: an address in full, a name in ASCII", served)
	}
	g := Set{servedSite: s, name: s.String()}
	if dev == "" {
		return g, nil
	}
	u, err := url.Parse(dev)
	if err != nil {
		return Set{}, fmt.Errorf("DevURL: %w", err)
	}
	s, user, _, ok = Parse(u.String())
	if !ok || user || !IsWeb(dev) || !namesHost(s.host) {
		return Set{}, fmt.Errorf("DevURL is %q, must be like http://localhost:5173, with a host "+
			"as browsers write it: an address in full, a name in ASCII", dev)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	g.dev, g.devSite, g.devName = u, s, s.String()
	return g, nil
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

// List gives the origins as the page's client gets them.
func (g Set) List() []string {
	if g.dev == nil {
		return []string{g.name}
	}
	return []string{g.name, g.devName}
}

// Name gives the origin at which the app's pages are served, as text.
func (g Set) Name() string { return g.name }

// Dev gives the address of the development server, nil if there is none, and its origin as text.
func (g Set) Dev() (*url.URL, string) { return g.dev, g.devName }

// Own gives the origin of uri if it is one of ours, else "". What it gives is as List has it.
func (g Set) Own(uri string) string {
	s, user, _, ok := Parse(uri)
	return g.named(s, ok && !user)
}

func (g Set) named(s Site, ok bool) string {
	switch {
	case !ok || s == Site{}:
	case s == g.servedSite:
		return g.name
	case g.dev != nil && s == g.devSite:
		return g.devName
	}
	return ""
}

// Served says whether uri is of the origin at which the app's pages are served, and gives what
// stands behind that: path, query and fragment, or nothing.
func (g Set) Served(uri string) (target string, ok bool) {
	s, user, rest, ok := Parse(uri)
	return rest, ok && !user && s != Site{} && s == g.servedSite
}

// IsServed is Served, for who needs no more.
func (g Set) IsServed(uri string) bool {
	_, ok := g.Served(uri)
	return ok
}

// FromDev says whether uri is of the development server's origin.
func (g Set) FromDev(uri string) bool {
	s, user, _, ok := Parse(uri)
	return ok && !user && g.dev != nil && s == g.devSite
}

// Header gives the origin that an Origin header names if it is one of ours, else "".
func (g Set) Header(value string) string {
	s, user, rest, ok := Parse(value)
	return g.named(s, ok && !user && rest == "")
}

// Allows says whether a request may have this Origin header. "" is a request without one,
// as our own scheme's pages send them.
func (g Set) Allows(header string) bool { return header == "" || g.Header(header) != "" }

// Cross says whether answers to this Origin need Access-Control-Allow-Origin.
func (g Set) Cross(header string) bool { return g.FromDev(g.Header(header)) }

// TellsWhoAsks says whether browsers name the site that asks in requests to where the app's pages
// are served. They do so for origins that they trust: of https, and of this machine itself.
func (g Set) TellsWhoAsks() bool {
	s := g.servedSite
	if s.scheme != "http" {
		return true
	}
	if ip, err := netip.ParseAddr(s.host); err == nil {
		return ip.IsLoopback() && !ip.Is4In6()
	}
	host := "." + strings.TrimSuffix(s.host, ".")
	return strings.HasSuffix(host, ".localhost")
}

// ServedURL gives the URL of what a server of ours is asked for: the host as the request names it,
// and its target. It need not be of one of our origins.
func (g Set) ServedURL(host, target string) string {
	return g.servedSite.scheme + "://" + host + target
}

// IsOfScheme says whether uri is of OfScheme.
func IsOfScheme(uri string) bool { return scheme.IsServed(uri) }

// scheme are the origins of an app without a development server.
var scheme = Set{servedSite: Site{scheme: Scheme, host: "localhost"}, name: OfScheme}

// WebSite gives the site of a URL of http or https, for comparing foreign ones with each other. ok:
// there is one.
func WebSite(uri string) (s Site, ok bool) {
	if !IsWeb(uri) {
		return Site{}, false
	}
	s, _, _, ok = Parse(uri)
	return s, ok
}

// Resolve makes a window's URL absolute. A script is none.
func (g Set) Resolve(ref string) (string, error) {
	base := g.root()
	if g.dev != nil {
		base = g.dev
	} else if ref == "" {
		ref = "index.html"
	}
	ref, fragment, hasFragment := strings.Cut(ref, "#") // which is the page's: any text
	u, err := base.Parse(EscapePercent(ref))
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
