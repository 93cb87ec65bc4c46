//go:build linux && cgo

package webview

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tailrace-go/tailrace/internal/loglimit"
	"github.com/tailrace-go/tailrace/webview/internal/origin/origintest"
)

// What package url can't read is refused as everything else: WebKit can. And the session stays:
// each of these navigations has WebKit end the requests that the page has under way.
func TestOddURLsLeadNowhere(t *testing.T) {
	besideAnother(t, func(t *testing.T, w way) string {
		server := newElsewhere(t)
		l := newLeading(t, Options{Carrier: w.kind}, "")
		for _, path := range []string{
			"/%zz", "/%", "/a%2", "/?%zz", "/#%", "/\\x", "/[", "/a b", "/\u00fc", "/:80",
			"//other/",
			"/" + strings.Repeat("a", longestURL), "/plain", "/plain/again",
		} {
			l.again(t)
			l.script(`location = '` + server.URL + strings.ReplaceAll(path, `\`, `\\`) + `'`)
			eventually(t, "the refusal of "+loglimit.Short(path), l.refused)
			l.stays()
		}
		return "refused"
	})
}

// WebKit reads each URL as own does: what is ours by its parts is ours here, and nothing else.
func TestOriginsLikeWebKit(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	g := devOrigins(t, origintest.Dev)
	ours, read := 0, 0
	own := slices.Collect(maps.Keys(origintest.Own))
	for _, uri := range slices.Concat(origintest.Foreign, own) {
		if len(uri) > 200 || !utf8.ValidString(uri) {
			continue // a page has no such text
		}
		text, err := json.Marshal(uri)
		if err != nil {
			t.Fatal(err)
		}
		var u struct {
			Href, Origin string
			User         bool
		}
		p.run(`try {
			const u = new URL(`+string(text)+`);
			return { Href: u.href, Origin: u.protocol + '//' + u.host,
				User: u.username + u.password !== '' };
		} catch { return {} }`, &u)
		if u.Href == "" {
			if own := g.Own(uri); own != "" {
				t.Errorf("%q is of %q, and no URL", uri, own)
			}
			continue
		}
		read++
		want := ""
		if !u.User && (u.Origin == Origin || u.Origin == origintest.Dev) {
			want = u.Origin
			ours++
		}
		if own := g.Own(u.Href); own != want {
			t.Errorf("%q is read as %q, of %q, but is of %q", uri, u.Href, want, own)
		}
		if own := g.Own(uri); own != "" && own != want {
			t.Errorf("%q is of %q, and read as %q", uri, own, u.Href)
		}
	}
	t.Logf("%d are URLs, %d of them ours", read, ours)
	if read < 60 || ours < 15 {
		t.Error("too few")
	}
}
