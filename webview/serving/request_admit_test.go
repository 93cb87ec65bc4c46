package serving

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/webview/internal/origin"
	"github.com/tailrace-go/tailrace/webview/internal/origin/origintest"
)

// Each rule refuses on its own, whatever the page's browser would have refused before.
func TestRefusals(t *testing.T) {
	v := viewerOf(pagesOf(Options{DevURL: "http://localhost:5173"}))
	const (
		ours = Origin + "/index.html"
		evil = "https://evil.example/"
		file = Origin + "/abc.txt"
	)
	hello, batch := Origin+ControlPath+"hello", Origin+ControlPath+"batch"
	for _, c := range []struct {
		name   string
		shown  string // own origin of the document
		in     Request
		status int
	}{
		{"hello, foreign document", "", Request{Method: "POST", URI: hello, Version: "1",
			Active: evil}, 403},
		{"hello, foreign document that navigates to ours", "", Request{Method: "POST", URI: hello,
			Version: "1", Active: ours}, 403},
		{"hello, our document that navigates away", Origin, Request{
			Method: "POST", URI: hello, Version: "1", Active: evil,
		}, 403},
		{"hello, foreign origin", Origin, Request{Method: "POST", URI: hello, Version: "1",
			Active: ours, Origin: "https://evil.example"}, 403},
		{"hello, null origin", Origin, Request{Method: "POST", URI: hello, Version: "1",
			Active: ours, Origin: "null"}, 403},
		{"hello, other port", Origin, Request{Method: "POST", URI: hello, Version: "1",
			Active: ours, Origin: "http://localhost:5174"}, 403},
		{"hello, longer origin", Origin, Request{Method: "POST", URI: hello, Version: "1",
			Active: ours, Origin: Origin + ".evil.example"}, 403},
		{"hello, no header", Origin, Request{Method: "POST", URI: hello, Active: ours}, 403},
		{"hello, GET", Origin, Request{Method: "GET", URI: hello, Version: "1", Active: ours},
			405},
		{"batch, no session", Origin, Request{Method: "POST", URI: batch, Version: "1",
			Session: "x", Active: ours}, 410},
		{"batch, no id", Origin, Request{Method: "POST", URI: batch, Version: "1", Active: ours},
			403},
		{"batch, foreign origin", Origin, Request{Method: "POST", URI: batch, Version: "1",
			Session: "x", Active: ours, Origin: "null"}, 403},
		{"file, foreign document", "", Request{Method: "GET", URI: file, Active: evil}, 403},
		{"file, foreign document that navigates to ours", "", Request{
			Method: "GET", URI: file, Active: ours,
		}, 403},
		{"file, navigated to", "", Request{Method: "GET", URI: file, Active: file + "#part"}, 404},
		{"file, our document that navigates away", Origin, Request{
			Method: "GET", URI: file, Active: evil,
		}, 404},
		{"file, null origin", Origin, Request{
			Method: "GET", URI: file, Active: ours, Origin: "null",
		}, 403},
		{"other host", Origin, Request{Method: "GET", URI: "tailrace://other/abc.txt",
			Active: ours}, 404},
		{"longer host", Origin, Request{Method: "GET", URI: Origin + "er/abc.txt", Active: ours},
			404},
	} {
		c.in.Shown.Origin = c.shown
		if status := asks(v, c.in); status != c.status {
			t.Errorf("%s: status %d, want %d", c.name, status, c.status)
		}
	}
}

// TestAskers: who has sent a request is known of what pages and frames fetch, and of the main
// frame.
func TestAskers(t *testing.T) {
	frame := http.Header{"Upgrade-Insecure-Requests": {"1"}}
	g, err := origin.New("", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		in     Request
		origin string // of the page that the window shows
		leads  bool   // the main frame loads
		want   asker
	}{
		{"a fetch of our page", Request{Header: http.Header{"Referer": {Origin + "/"}}}, Origin,
			false,
			byPage},
		{"a module of our page", Request{Origin: Origin, Header: http.Header{}}, Origin, false,
			byPage},
		{"a picture", Request{Header: http.Header{}}, Origin, false, byUnknown},
		{"a fetch of another page", Request{Header: http.Header{"Referer": {"http://a.b/"}}},
			Origin,
			false, byOutside},
		{"one of a data: frame", Request{Header: http.Header{"Referer": {"data:text/html,x"}}},
			Origin,
			false, byOutside},
		{"a frame of the same document", Request{Header: frame},
			Origin, false, byUnknown},
		{"the main frame", Request{Header: frame}, Origin, true,
			byNavigation},
		{"the main frame of a foreign page",
			Request{Header: frame}, "", false, byNavigation},
		{"another frame meanwhile", Request{URI: Origin + "/other",
			Header: frame}, Origin, true, byUnknown},
	} {
		in := c.in
		in.Active = Origin + "/x"
		if in.URI == "" {
			in.URI = in.Active + "#y"
		}
		referer := in.Header.Get("Referer")
		foreign := c.origin == "" || referer != "" && g.Own(referer) == ""
		in.Shown = Shown{c.origin, c.leads}
		if got := askerOf(&in, foreign); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestMaxOutside: documents of other origins have few requests, and take none from our pages; so do
// navigations of the main frame.
func TestMaxOutside(t *testing.T) {
	for by, most := range map[asker]load{
		byOutside:    {maxOutside, maxOutsideHeads},
		byNavigation: {maxNavigations, maxNavigationHeads},
	} {
		v := viewerOf(pagesOf(Options{}))
		for n := range most.n {
			if v.asked.begin(t.Context(), by, Origin, "/", 0) == nil {
				t.Fatalf("kind %d: request %d was refused", by, n)
			}
		}
		if v.asked.begin(t.Context(), by, Origin, "/", 0) != nil {
			t.Errorf("kind %d: there are more than %d", by, most.n)
		}
		v = viewerOf(pagesOf(Options{}))
		a := v.asked.begin(t.Context(), by, Origin, "/", most.bytes)
		if a == nil || v.asked.begin(t.Context(), by, Origin, "/", 1) != nil {
			t.Errorf("kind %d: the bound is not %d bytes", by, most.bytes)
		}
		if v.asked.begin(t.Context(), byPage, Origin, "/", maxRequestHeads) == nil {
			t.Errorf("kind %d takes from our pages' requests", by)
		}
		v.asked.end(a)
		if v.asked.loads[by] != (load{}) {
			t.Errorf("kind %d: %v is left", by, v.asked.loads[by])
		}
	}
}

// TestMaxOverstaying: functions of the app that never return are bounded.
func TestMaxOverstaying(t *testing.T) {
	logger, log := warningLog()
	pages := pagesOf(Options{Logger: logger})
	v := viewerOf(pages)
	late := foldersOf("/late/x")
	for range maxOverstaying / 2 {
		add(v.seats[byUnknown].handlers.late, late, 1)
	}
	for _, c := range []struct {
		path string
		n    int64
		want int
	}{
		{"/x", maxOverstaying - 1, 404},
		{"/x", maxOverstaying, 503},
		{"/late/x", maxOverstaying/2 - 1, 404}, // as many as it leaves
		{"/late/y", maxOverstaying / 2, 503},
		{"/x", maxOverstaying / 2, 404},
	} {
		pages.overstaying.Store(c.n)
		r := Request{
			Method: "GET", URI: Origin + c.path, Active: Origin, Shown: Shown{Origin: Origin},
		}
		if status := asks(v, r); status != c.want {
			t.Errorf("%s beside %d functions that have not returned: status %d, want %d", c.path,
				c.n, status, c.want)
		}
	}
	if !strings.Contains(log.String(), "have not returned") {
		t.Errorf("the log does not say it: %s", log)
	}
}

// TestMaxRequests: a window's requests that are not answered are bounded, and those that show no
// sender leave half of that to what is asked for elsewhere.
func TestMaxRequests(t *testing.T) {
	logger, log := warningLog()
	v := viewerOf(pagesOf(Options{Logger: logger}))
	for n := range maxRequests {
		if v.asked.begin(t.Context(), byUnknown, Origin, fmt.Sprint("/x/", n), 0) == nil {
			t.Fatalf("request %d was refused", n)
		}
	}
	if v.asked.begin(t.Context(), byUnknown, Origin, "/other", maxRequestHeads) == nil ||
		v.asked.begin(t.Context(), byUnknown, Origin, "/other", 1) != nil {
		t.Error("another folder does not have half of the bytes")
	}
	for _, name := range []string{"/x/y", "/x/z"} {
		r := Request{
			Method: "GET", URI: Origin + name, Active: Origin, Shown: Shown{Origin: Origin},
		}
		if status := asks(v, r); status != 503 {
			t.Errorf("one more gave status %d", status)
		}
	}
	if strings.Count(log.String(), "too many requests") != 1 {
		t.Errorf("two refusals are logged as %s", log)
	}
	v.asked.gone(true)
	for a := range v.asked.running {
		if a.ctx.Err() == nil {
			t.Fatal("a request went on after its window's end")
		}
		v.asked.end(a)
	}
	if v.asked.begin(t.Context(), byUnknown, Origin, "/", 0) != nil {
		t.Error("a closed window has begun a request")
	}
}

// TestOriginTricks: each question about an origin, with URLs and headers that are only like ours.
func TestOriginTricks(t *testing.T) {
	pages := pagesOf(Options{DevURL: origintest.Dev + "/app", MaxUnseekable: 1})
	g := pages.origins
	shown := Shown{Origin: Origin}
	request := &http.Request{Method: "GET", URL: targetOf("/"), Header: http.Header{}}
	questions := []struct {
		name  string
		asked func(uri string) bool // whether it counts as ours
	}{
		{"own", func(uri string) bool { return g.Own(uri) != "" }},
		{"served, or FromDev", func(uri string) bool {
			return g.IsServed(uri) || origin.IsOfScheme(uri) || g.FromDev(uri)
		}},
		{"a request's URL", func(uri string) bool {
			r := Request{Method: "GET", URI: uri, Active: Origin, Shown: shown}
			return asks(viewerOf(pages), r) != 404 || g.IsServed(uri)
		}},
		{"hello beside what is shown", func(uri string) bool { // what passes gets 410
			return asks(viewerOf(pages), Request{
				Method: "POST", Version: "1", URI: Origin + ControlPath + "hello", Active: uri,
				Shown: shown,
			}) != 403
		}},
		{"a Referer", func(uri string) bool {
			want := 403
			if len(uri) > MaxHead {
				want = 431
			}
			return uri != "" && asks(viewerOf(pages), Request{
				Method: "POST", URI: Origin + "/x", Active: Origin, Shown: shown,
				Header: http.Header{"Referer": {uri}},
			}) != want
		}},
		{"where a redirect leads", func(uri string) bool {
			to := follow(g, request, http.StatusFound, uri)
			return to != nil && to.URL.Host == "localhost" && to.URL.Scheme == origin.Scheme
		}},
	}
	resolved := map[string]bool{"where a redirect leads": true} // beside our own URL
	for _, q := range questions {
		for _, uri := range origintest.Foreign {
			if resolved[q.name] && (!strings.Contains(uri, ":") || origin.SchemeOf(uri) == "") {
				continue
			}
			if q.asked(uri) {
				t.Errorf("%s: %.80q counts as ours", q.name, uri)
			}
		}
	}
	for uri, want := range origintest.Own {
		if got := g.Own(uri); got != want {
			t.Errorf("%.80q is of %q, want %q", uri, got, want)
		}
		if g.IsServed(uri) != (want == Origin) || g.FromDev(uri) != (want == origintest.Dev) {
			t.Errorf("%.80q: served %v, of the development server %v", uri, g.IsServed(uri),
				g.FromDev(uri))
		}
	}
}
