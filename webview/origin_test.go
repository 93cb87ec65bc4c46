package webview

import (
	_ "embed"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/view"
)

// The origins of the app of these tests.
const (
	devSite  = "http://localhost:5173"
	devSite6 = "http://[::1]:5173"
)

//go:embed testdata/origins.txt
var originsList string

// listedURL is a URL of testdata/origins.txt.
type listedURL struct {
	origin string // "-": none of those in the list
	url    string
}

var listedURLs = func() (all []listedURL) {
	for line := range strings.Lines(originsList) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		origin, quoted, _ := strings.Cut(line, " ")
		uri, err := strconv.Unquote(quoted)
		if err != nil {
			panic(line + ": " + err.Error())
		}
		all = append(all, listedURL{origin, uri})
	}
	return all
}()

// notOurs are URLs that are like ours, or like those of devSite, and are not. areOurs are URLs that
// are ours, with their origin.
var notOurs, areOurs = func() ([]string, map[string]string) {
	not := []string{
		"tailrace://" + strings.Repeat("localhost", 1<<17) + "/",
		"tailrace://localhost" + strings.Repeat(".", 1<<20),
		strings.Repeat("tailrace", 1<<17) + "://localhost/",
		"http://" + strings.Repeat("a", 1<<20) + "@localhost:5173/",
		"http://localhost:" + strings.Repeat("0", 1<<20) + "5173/",
	}
	are := map[string]string{Origin + "/" + strings.Repeat("a", 1<<20): Origin}
	for _, l := range listedURLs {
		if l.origin == Origin || l.origin == devSite {
			are[l.url] = l.origin
		} else {
			not = append(not, l.url)
		}
	}
	return not, are
}()

func devOrigins(t *testing.T, dev string) origins {
	t.Helper()
	g, err := newOrigins(dev)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestOriginTricks: each question about an origin, with URLs and headers that are only like ours.
func TestOriginTricks(t *testing.T) {
	app := &App{
		origins: devOrigins(t, devSite+"/app"), log: slog.New(slog.DiscardHandler),
		assets: newAssets(Options{MaxUnseekable: 1, Logger: slog.Default()}),
	}
	g := app.origins
	status := func(w *Window, in view.Request) int {
		r := recorder{make(chan int, 1)}
		w.request(&in, r)
		return <-r.status
	}
	request := &http.Request{Method: "GET", URL: parseTarget("/"), Header: http.Header{}}
	questions := []struct {
		name  string
		asked func(uri string) bool // whether it counts as ours
	}{
		{"own", func(uri string) bool { return g.own(uri) != "" }},
		{"served, or fromDev", func(uri string) bool { return isServed(uri) || g.fromDev(uri) }},
		{"a request's URL", func(uri string) bool {
			w := newWindow(app, "main")
			w.origin = Origin
			return status(w, view.Request{Method: "GET", URI: uri, Active: Origin}) != 404 ||
				isServed(uri)
		}},
		{"hello beside what is shown", func(uri string) bool {
			w := newWindow(app, "main")
			w.origin = Origin
			w.ending.Store(true) // what passes gets 410 then
			return status(w, view.Request{
				Method: "POST", Version: "1", URI: Origin + controlPath + "hello", Active: uri,
			}) != 403
		}},
		{"a Referer", func(uri string) bool {
			w := newWindow(app, "main")
			w.origin = Origin
			want := 403
			if len(uri) > maxRequestHead {
				want = 431
			}
			return uri != "" && status(w, view.Request{
				Method: "POST", URI: Origin + "/x", Active: Origin, Header: http.Header{
					"Referer": {uri},
				},
			}) != want
		}},
		{"where a redirect leads", func(uri string) bool {
			to := follow(request, http.StatusFound, uri)
			return to != nil && to.URL.Host == "localhost" && to.URL.Scheme == Scheme
		}},
		{"where a page leads", func(uri string) bool {
			w := newWindow(app, "main")
			w.origin = Origin
			l := view.Lead{Kind: view.LeadResponse, URI: uri, MainFrame: true}
			return w.leads(l, func(view.Verdict) {}) == view.Allow &&
				!strings.EqualFold(schemeOf(uri), "about")
		}},
		{"what a page may open", func(uri string) bool {
			return app.mayShow(uri) == nil && !isWeb(uri) && uri != "about:blank"
		}},
		{"the inspector's", func(uri string) bool {
			return inspectorMay(transport.Permission{
				Label: InspectorLabel, Origin: uri, Name: commandInspect,
				Action: transport.ActionCommand,
			}) == nil
		}},
	}
	resolved := map[string]bool{"where a redirect leads": true} // beside our own URL
	for _, q := range questions {
		for _, uri := range notOurs {
			if resolved[q.name] && (!strings.Contains(uri, ":") || schemeOf(uri) == "") {
				continue
			}
			if q.asked(uri) {
				t.Errorf("%s: %.80q counts as ours", q.name, uri)
			}
		}
	}
	for uri, want := range areOurs {
		if got := g.own(uri); got != want {
			t.Errorf("%.80q is of %q, want %q", uri, got, want)
		}
		if isServed(uri) != (want == Origin) || g.fromDev(uri) != (want == devSite) {
			t.Errorf("%.80q: served %v, of the development server %v", uri, isServed(uri),
				g.fromDev(uri))
		}
	}
}

// TestListedOrigins: each URL of the list is of the origin that it says, for apps with each of the
// development servers in it.
func TestListedOrigins(t *testing.T) {
	servers := 0
	for _, server := range listedURLs {
		if server.url != server.origin || !isWeb(server.url) {
			continue
		}
		servers++
		g := devOrigins(t, server.url)
		for _, l := range listedURLs {
			want := ""
			if slices.Contains(g.list(), l.origin) {
				want = l.origin
			}
			if got := g.own(l.url); got != want {
				t.Errorf("with DevURL %s, %q is of %q, want %q", server.url, l.url, got, want)
			}
		}
	}
	if servers != 4 {
		t.Errorf("the list has %d servers", servers)
	}
}

// TestOriginHeader: an Origin header is one of ours as a whole, or foreign.
func TestOriginHeader(t *testing.T) {
	g := devOrigins(t, devSite)
	for header, want := range map[string]bool{
		"": true, Origin: true, devSite: true,
	} {
		if g.allows(header) != want || g.cross(header) != (header == devSite) {
			t.Errorf("%q: %v, %v", header, g.allows(header), g.cross(header))
		}
	}
	headers := []string{
		Origin + "/", Origin + "?", Origin + "#", Origin + " ", " " + Origin, Origin + "\t",
		Origin + ", " + Origin,
		Origin + "," + devSite, Origin + " " + devSite, Origin + ", http://evil",
		"http://evil, " + Origin,
		"null, " + Origin, Origin + ", null", Origin + "\r\nX: y", Origin + "\x00", "null",
		"NULL", "*",
		devSite + "/", devSite + "/x", devSite + "?", devSite + "#", devSite + ", " + devSite,
	}
	for _, header := range slices.Concat(headers, notOurs) {
		if header != "" && (g.allows(header) || g.cross(header)) {
			t.Errorf("%.80q is taken", header)
		}
	}
	if (origins{}).cross(devSite) || (origins{}).allows(devSite) || (origins{}).fromDev("") {
		t.Error("without DevURL there is one")
	}
}

// TestDevURLForms: a DevURL is taken in the form that pages have it,
// or refused: one that is never
// equal would leave every page without a session.
func TestDevURLForms(t *testing.T) {
	for dev, want := range map[string]string{
		"http://localhost:5173":          devSite,
		"HTTP://LOCALHOST:05173/x?y#z":   devSite,
		"http://localhost:80/":           "http://localhost",
		"https://localhost:443":          "https://localhost",
		"http://localhost:443":           "http://localhost:443",
		"http://localhost:":              "http://localhost",
		"http://127.0.0.1:5173":          "http://127.0.0.1:5173",
		"http://[::1]:5173/":             devSite6,
		"http://[0:0:0:0:0:0:0:1]:5173/": devSite6,
		"http://[::FFFF:127.0.0.1]:1/":   "http://[::ffff:7f00:1]:1",
		"http://my-app.test":             "http://my-app.test",
	} {
		g, err := newOrigins(dev)
		if err != nil || g.name != want || g.own(want+"/x") != want || !g.cross(want) {
			t.Errorf("%q is %q, %v, want %q", dev, g.name, err, want)
		}
	}
	for _, dev := range []string{
		"localhost:5173", "//localhost:5173", "/", "http:", "http://", "http://:5173",
		"ftp://localhost", Origin,
		"http://user@localhost", "http://@localhost", "http://local host",
		"http://b\u00fccher.test",
		"http://localhost:99999", "http://localhost:x", "http://127.1:5173", "http://0x7f.0.0.1",
		"http://2130706433",
		"http://127.0.0.01", "http://[fe80::1%25eth0]:5173", "http://[::1", "http://%6cocalhost",
		"http://localhost\\x",
		"http://.", "http://127.0.0.1.", "javascript:alert()",
	} {
		if g, err := newOrigins(dev); err == nil {
			t.Errorf("%q is taken as %q", dev, g.name)
		}
	}
}

// TestOriginsLikePackageURL: what counts as ours is ours by package url, too, whatever is made of
// the URLs above.
func TestOriginsLikePackageURL(t *testing.T) {
	g := devOrigins(t, devSite)
	seeds := []string{}
	for _, uri := range slices.Concat(notOurs, slices.Collect(maps.Keys(areOurs))) {
		if uri != "" && len(uri) < 200 {
			seeds = append(seeds, uri)
		}
	}
	slices.Sort(seeds)
	const characters = ":/?#@[]\\%.- \t\n\x00\xff0159aezAZ"
	r := rand.New(rand.NewPCG(1, 2))
	ours := 0
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
		own := g.own(uri)
		if header := g.header(uri); header != "" && header != own {
			t.Fatalf("%q as a header is of %q, as a URL of %q", uri, header, own)
		}
		if own == "" {
			continue
		}
		ours++
		_, _, rest, _ := parseSite(uri)
		u, err := url.Parse(strings.TrimSuffix(uri, rest))
		if err != nil || u.User != nil {
			t.Fatalf("%q is of %q: %v", uri, own, err)
		}
		host := u.Hostname()
		if own == devSite {
			host = strings.ToLower(host)
		}
		if got := u.Scheme + "://" + host + ":" + strings.TrimLeft(u.Port(), "0"); got != own &&
			(got != own+":" || own != Origin) {
			t.Fatalf("%q is of %q, by package url of %q", uri, own, got)
		}
	}
	if ours < 1000 {
		t.Errorf("only %d are ours", ours)
	}
}

// TestOriginsInOneFile: URLs and origins are compared with ours in origin.go alone, as far as the
// source tells.
func TestOriginsInOneFile(t *testing.T) {
	const home = "origin.go"
	names := map[string]bool{"Origin": true, "Scheme": true, "ourSite": true}
	parts := map[string]bool{"Host": true, "Hostname": true, "Port": true, "Scheme": true}
	set := token.NewFileSet()
	ours := func(e ast.Expr) (found bool) {
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				return false // a field of that name; what it is of does not matter
			case *ast.Ident:
				found = found || names[n.Name]
			case *ast.BasicLit:
				found = found || n.Kind == token.STRING &&
					(strings.Contains(n.Value, "tailrace:") ||
						n.Value == `"localhost"` || n.Value == `"`+Scheme+`"`)
			}
			return true
		})
		return found
	}
	part := func(e ast.Expr) bool { // of a URL
		if c, ok := e.(*ast.CallExpr); ok {
			e = c.Fun
		}
		s, ok := e.(*ast.SelectorExpr)
		return ok && parts[s.Sel.Name]
	}
	looks := func(path string) (found []token.Pos) {
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) &&
					(ours(n.X) || ours(n.Y) || part(n.X) || part(n.Y)) {
					found = append(found, n.Pos())
				}
			case *ast.CaseClause:
				if slices.ContainsFunc(n.List, func(e ast.Expr) bool {
					return ours(e) && !isCall(e)
				}) {
					found = append(found, n.Pos())
				}
			case *ast.SwitchStmt:
				if n.Tag != nil && part(n.Tag) {
					found = append(found, n.Pos())
				}
			case *ast.CallExpr:
				s, ok := n.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, _ := s.X.(*ast.Ident)
				if x == nil || x.Name != "strings" && x.Name != "bytes" && x.Name != "regexp" {
					return true
				}
				if slices.ContainsFunc(n.Args, func(e ast.Expr) bool {
					return ours(e) || part(e)
				}) {
					found = append(found, n.Pos())
				}
			}
			return true
		})
		return found
	}
	allowed := map[string]int{
		"devserver.go":  1, // which port to knock at
		"navigation.go": 2, // whether it is a URL at all, and has anything for the desktop
		// a path, the name of a source, and that of a signal
		"internal/gtk/scheme.c": 1, "internal/gtk/loop.c": 1, "internal/gtk/probe.c": 1,
	}
	// In C, where the extension's origin.c is the one place.
	prefix := regexp.MustCompile(
		`\b(strn(case)?cmp|memcmp|strstr|g_str_has_prefix|g_ascii_strn\w+) ?\(`)
	files, there := 0, 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch name := filepath.ToSlash(path); {
		case d.IsDir() && (name == "internal/origin" || name == "testdata" || d.Name() == "fuzz"):
			return filepath.SkipDir
		case strings.HasSuffix(name, ".c"):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if strings.Contains(string(text), `"tailrace:`) {
				t.Errorf("%s has a URL of ours", path)
			}
			if found := prefix.FindAll(text, -1); len(found) != allowed[name] {
				t.Errorf("%s compares %d prefixes, want %d", path, len(found), allowed[name])
			}
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			files++
			found := looks(path)
			if name == home {
				there = len(found)
				return nil
			}
			if len(found) != allowed[name] {
				for _, at := range found {
					t.Errorf("%s: a comparison with an origin of ours, which belongs into %s",
						set.Position(at), home)
				}
			}
		}
		return nil
	})
	if err != nil || files < 80 || there < 4 {
		t.Errorf("%d files, %d comparisons in %s, %v", files, there, home, err)
	}
}

func isCall(e ast.Expr) bool { _, ok := e.(*ast.CallExpr); return ok }

func BenchmarkOwn(b *testing.B) {
	g, err := newOrigins(devSite)
	if err != nil {
		b.Fatal(err)
	}
	for _, uri := range []string{Origin + controlPath + "batch", devSite + "/src/main.ts"} {
		b.Run(uri, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if g.own(uri) == "" {
					b.Fatal("foreign")
				}
			}
		})
	}
}
