package origin_test

import (
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/origin/origintest"
)

// The origins of the app of these tests.
const (
	ours = origin.OfScheme
	dev  = origintest.Dev
	dev6 = origintest.Dev6
)

func devOrigins(t *testing.T, server string) origin.Set {
	t.Helper()
	g, err := origin.New("", server)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestListedOrigins: each URL of the list is of the origin that it says, for apps with each of the
// development servers in it.
func TestListedOrigins(t *testing.T) {
	servers := 0
	for _, server := range origintest.Listed {
		if server.URL != server.Origin || !origin.IsWeb(server.URL) {
			continue
		}
		servers++
		g := devOrigins(t, server.URL)
		for _, l := range origintest.Listed {
			want := ""
			if slices.Contains(g.List(), l.Origin) {
				want = l.Origin
			}
			if got := g.Own(l.URL); got != want {
				t.Errorf("with DevURL %s, %q is of %q, want %q", server.URL, l.URL, got, want)
			}
		}
	}
	if servers != 4 {
		t.Errorf("the list has %d servers", servers)
	}
}

// TestOriginHeader: an Origin header is one of ours as a whole, or foreign.
func TestOriginHeader(t *testing.T) {
	g := devOrigins(t, dev)
	for header, want := range map[string]bool{
		"": true, ours: true, dev: true,
	} {
		if g.Allows(header) != want || g.Cross(header) != (header == dev) {
			t.Errorf("%q: %v, %v", header, g.Allows(header), g.Cross(header))
		}
	}
	headers := []string{
		ours + "/", ours + "?", ours + "#", ours + " ", " " + ours, ours + "\t",
		ours + ", " + ours,
		ours + "," + dev, ours + " " + dev, ours + ", http://evil",
		"http://evil, " + ours,
		"null, " + ours, ours + ", null", ours + "\r\nX: y", ours + "\x00", "null",
		"NULL", "*",
		dev + "/", dev + "/x", dev + "?", dev + "#", dev + ", " + dev,
	}
	for _, header := range slices.Concat(headers, origintest.Foreign) {
		if header != "" && (g.Allows(header) || g.Cross(header)) {
			t.Errorf("%.80q is taken", header)
		}
	}
	if none := (origin.Set{}); none.Cross(dev) || none.Allows(dev) || none.FromDev("") {
		t.Error("without DevURL there is one")
	}
}

// TestDevURLForms: a DevURL is taken in the form that pages have it, or refused: one that is never
// equal would leave every page without a session.
func TestDevURLForms(t *testing.T) {
	for server, want := range map[string]string{
		"http://localhost:5173":          dev,
		"HTTP://LOCALHOST:05173/x?y#z":   dev,
		"http://localhost:80/":           "http://localhost",
		"https://localhost:443":          "https://localhost",
		"http://localhost:443":           "http://localhost:443",
		"http://localhost:":              "http://localhost",
		"http://127.0.0.1:5173":          "http://127.0.0.1:5173",
		"http://[::1]:5173/":             dev6,
		"http://[0:0:0:0:0:0:0:1]:5173/": dev6,
		"http://[::FFFF:127.0.0.1]:1/":   "http://[::ffff:7f00:1]:1",
		"http://my-app.test":             "http://my-app.test",
	} {
		g, err := origin.New("", server)
		_, name := g.Dev()
		if err != nil || name != want || g.Own(want+"/x") != want || !g.Cross(want) {
			t.Errorf("%q is %q, %v, want %q", server, name, err, want)
		}
	}
	for _, server := range []string{
		"localhost:5173", "//localhost:5173", "/", "http:", "http://", "http://:5173",
		"ftp://localhost", ours,
		"http://user@localhost", "http://@localhost", "http://local host",
		"http://b\u00fccher.test",
		"http://localhost:99999", "http://localhost:x", "http://127.1:5173", "http://0x7f.0.0.1",
		"http://2130706433",
		"http://127.0.0.01", "http://[fe80::1%25eth0]:5173", "http://[::1", "http://%6cocalhost",
		"http://localhost\\x",
		"http://.", "http://127.0.0.1.", "javascript:alert()",
	} {
		if g, err := origin.New("", server); err == nil {
			t.Errorf("%q is taken as %q", server, g.List())
		}
	}
}

// TestOriginsLikePackageURL: what counts as ours is ours by package url, too, whatever is made of
// the URLs above.
func TestOriginsLikePackageURL(t *testing.T) {
	g := devOrigins(t, dev)
	seeds := []string{}
	for _, uri := range slices.Concat(
		origintest.Foreign, slices.Collect(maps.Keys(origintest.Own)),
	) {
		if uri != "" && len(uri) < 200 {
			seeds = append(seeds, uri)
		}
	}
	slices.Sort(seeds)
	const characters = ":/?#@[]\\%.- \t\n\x00\xff0159aezAZ"
	r := rand.New(rand.NewPCG(1, 2))
	counted := 0
	for range 200_000 {
		b := []byte(seeds[r.IntN(len(seeds))])
		for range 1 + r.IntN(3) {
			at, c := r.IntN(len(b)), characters[r.IntN(len(characters))]
			switch r.IntN(3) {
			case 0:
				b[at] = c
			case 1:
				b = slices.Insert(b, at, c)
			default:
				b = slices.Delete(b, at, min(at+1+r.IntN(3), len(b)))
			}
			if len(b) == 0 {
				break
			}
		}
		uri := string(b)
		own := g.Own(uri)
		if header := g.Header(uri); header != "" && header != own {
			t.Fatalf("%q as a header is of %q, as a URL of %q", uri, header, own)
		}
		if own == "" {
			continue
		}
		counted++
		_, _, rest, _ := origin.Parse(uri)
		u, err := url.Parse(strings.TrimSuffix(uri, rest))
		if err != nil || u.User != nil {
			t.Fatalf("%q is of %q: %v", uri, own, err)
		}
		host := u.Hostname()
		if own == dev {
			host = strings.ToLower(host)
		}
		if got := u.Scheme + "://" + host + ":" + strings.TrimLeft(u.Port(), "0"); got != own &&
			(got != own+":" || own != ours) {
			t.Fatalf("%q is of %q, by package url of %q", uri, own, got)
		}
	}
	if counted < 1000 {
		t.Errorf("only %d are ours", counted)
	}
}

func TestOrigins(t *testing.T) {
	g, err := origin.New("", "HTTP://LocalHost:80/app")
	if err != nil {
		t.Fatal(err)
	}
	for uri, want := range map[string]string{
		ours:                             ours,
		ours + "/":                       ours,
		ours + "?x":                      ours,
		ours + "#x":                      ours,
		ours + "x/":                      "",
		ours + ":1/":                     "",
		ours + "@evil.example/":          "",
		"http://localhost/":              "http://localhost",
		"http://localhost:80/x":          "http://localhost",
		"http://localhost:81/x":          "",
		"https://localhost/x":            "",
		"http://localhost.evil.example/": "",
		"http://localhost@evil.example/": "",
		"about:blank":                    "",
		"":                               "",
		"data:text/html,x":               "",
	} {
		if got := g.Own(uri); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
	for ref, want := range map[string]string{
		"":            "http://LocalHost:80/app",
		"deeper":      "http://LocalHost:80/deeper",
		"/x":          "http://LocalHost:80/x",
		"https://a/b": "https://a/b",
	} {
		if got, err := g.Resolve(ref); err != nil || got != want {
			t.Errorf("%q resolves to %q, %v, want %q", ref, got, err, want)
		}
	}
	g = devOrigins(t, "")
	if got, err := g.Resolve(""); err != nil || got != ours+"/index.html" {
		t.Errorf("without DevURL: %q, %v", got, err)
	}
}

// Only scheme and host decide about an origin, whatever a page has made of the rest.
func TestOriginsOfOddURLs(t *testing.T) {
	g, err := origin.New("", dev)
	if err != nil {
		t.Fatal(err)
	}
	for uri, want := range map[string]string{
		"http://localhost:5173/#/search/100%":        "http://localhost:5173",
		"http://localhost:5173/%zz?%#%":              "http://localhost:5173",
		"http://localhost:5173#@evil.example/":       "http://localhost:5173",
		"http://localhost:5173?@evil.example/":       "http://localhost:5173",
		"http://localhost:5174/#%":                   "",
		"http://localhost:5173@evil.example/%":       "",
		"http://evil.example/http://localhost:5173/": "",
		"blob:http://localhost:5173/x":               "",
		ours + "/#/100%":                             ours,
		ours + "#%":                                  ours,
	} {
		if got := g.Own(uri); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
	g = devOrigins(t, "")
	for ref, want := range map[string]string{
		"/#/search/100%":    ours + "/#/search/100%",
		"a.html?q=100%#x#%": ours + "/a.html?q=100%25#x#%",
		"100%.html":         ours + "/100%25.html",
		"a%20b.html":        ours + "/a%20b.html",
		"#x":                ours + "/#x",
	} {
		if got, err := g.Resolve(ref); err != nil || got != want {
			t.Errorf("%s resolves to %q, %v, want %q", ref, got, err, want)
		}
	}
}

func BenchmarkOwn(b *testing.B) {
	g, err := origin.New("", dev)
	if err != nil {
		b.Fatal(err)
	}
	for _, uri := range []string{ours + "/.tailrace/batch", dev + "/src/main.ts"} {
		b.Run(uri, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if g.Own(uri) == "" {
					b.Fatal("foreign")
				}
			}
		})
	}
}

// TestTellsWhoAsks: browsers tell it to origins that they trust.
func TestTellsWhoAsks(t *testing.T) {
	for served, want := range map[string]bool{
		"":                              true,
		"https://app.test":              true,
		"http://localhost:8080":         true,
		"http://localhost.:8080":        true,
		"http://a.b.localhost":          true,
		"http://127.0.0.1:8080":         true,
		"http://127.255.3.4":            true,
		"http://[::1]:8080":             true,
		"http://app.test":               false,
		"http://notlocalhost":           false,
		"http://localhost.test":         false,
		"http://192.168.1.2:8080":       false,
		"http://[::2]:8080":             false,
		"http://[::ffff:7f00:1]:8080":   false,
		"http://127.0.0.1.app.test:808": false,
	} {
		g, err := origin.New(served, "")
		if err != nil || g.TellsWhoAsks() != want {
			t.Errorf("%q: %v, %v, want %v", served, g.TellsWhoAsks(), err, want)
		}
	}
}
