//go:build linux && cgo

package webview

import (
	"strconv"
	"strings"
	"testing"
)

// frameLeads are ways of a frame to lead the page of ours that it is in to another one: what
// becomes of each, by the frame's sandbox.
var frameLeads = []struct {
	name, script string
	free         leadsTo // without a sandbox
	top          leadsTo // with allow-top-navigation
}{
	{"a location", `top.location = 'TO'`, ourPage, ourPage},
	{"a replaced location", `top.location.replace('TO')`, ourPage, ourPage},
	{"another of our documents: an error", `top.location = 'ORIGIN/missing'`, ourError, ourError},
	{"what the client talks to", `top.location = 'ORIGIN/.tailrace/batch'`, ourError, ourError},
	{"a file of the system", `top.location = 'ORIGIN/.tailrace/file/%2Fetc%2Fpasswd'`, stays,
		stays},
	{"a link", `const a = document.createElement('a'); a.href = 'TO'; a.target = '_top';
		document.body.append(a); a.click()`, ignored, ourPage},
	{"a form", `document.body.innerHTML = '<form target=_top action="TO"></form>';
		document.forms[0].submit()`, ignored, ourPage},
	{"a form that is posted", `document.body.innerHTML =
		'<form method=post target=_top action="TO"></form>';
			document.forms[0].submit()`, ignored, stays},
	{"another origin", `top.location = 'URL'`, ignored, stays},
}

type leadsTo int

const (
	ourPage  leadsTo = iota // our other page is there, with a session of its own
	ourError                // an error of ours, without a session
	stays                   // refused, the page is there as before
	ignored                 // by WebKit, without a word
)

// A frame can lead the page that it is in to other pages of ours, as on the web: to nothing else,
// with GET only, and not from a sandbox without allow-top-navigation.
func TestFramesLeadOurPage(t *testing.T) {
	ways := everyWay
	if !verifying { // it opens many windows
		ways = func(t *testing.T, f func(*testing.T, way)) { f(t, way{CarrierShm, false}) }
	}
	ways(t, func(t *testing.T, w way) {
		logger, log := warningLog()
		b := openBeside(t, w, Options{Logger: logger, LocalFiles: []string{t.TempDir()}}, caller)
		to := Origin + "/other.html"
		elsewhere := foreign(t, blank).URL
		names := strings.NewReplacer("TO", to, "ORIGIN", Origin, "URL", elsewhere)
		windows := 0
		lead := func(t *testing.T, kind, make, name, script string, want leadsTo) {
			windows++
			p := openPage(t, b.App, WindowOptions{
				Label: "page" + strconv.Itoa(windows), URL: Origin + "/index.html",
			})
			eventually(t, "a session", func() bool { return p.Session() != nil })
			before := p.Session()
			page := outsidePage(`try {` + names.Replace(script) + `} catch {}
				// WebKit submits forms a turn later
				for (let i = 0; i < 3; i++) await new Promise((f) => setTimeout(f, 50))`)
			read := len(log.String())
			told := p.start(`return await new Promise((f) => {
				addEventListener('message', f);
				const page = ` + scriptString(page) + `,
					url = ` + strconv.Quote(foreign(t, page).URL) + `;
				const frame = document.createElement('iframe');
				((f) => {` + make + `})(frame);
				document.body.append(frame);
			})`)
			switch want {
			case ourPage, ourError:
				wait(t, before.Done(), "the end of the session before")
				p.shows(2)
				if want == ourError {
					if origin, s := p.own(); origin != "" || s != nil {
						t.Errorf("%s: the error is of %q, with session %v", name, origin, s)
					}
					return
				}
				eventually(t, "a session", func() bool {
					s := p.Session()
					return s != nil && s != before
				})
				var got string
				if p.run(`return location.href.split('?')[0]`, &got); got != to {
					t.Errorf("%s: the window shows %s", name, got)
				}
				return
			case stays:
				eventually(t, kind+", "+name+": the refusal", func() bool {
					return strings.Contains(log.String()[read:], "refused")
				})
			case ignored:
				wait(t, told, "the frame")
			}
			var got string
			p.run(`return await tailrace.invoke('caller')`, &got)
			if p.Session() != before || got != p.Label()+" "+Origin {
				t.Errorf("%s, %s: %s, session %v", kind, name, got, p.Session())
			}
		}
		for _, c := range frameLeads {
			t.Run(c.name, func(t *testing.T) {
				b.during(t, c.name, func() string {
					lead(t, "free", `f.src = url`, c.name, c.script, c.free)
					lead(t, "data:", outsideKinds[3].make, c.name, c.script, c.free)
					lead(t, "sandbox with allow-top-navigation",
						`f.sandbox = 'allow-scripts allow-forms allow-top-navigation'; f.src = url`,
						c.name, c.script, c.top)
					lead(t, "sandbox", outsideKinds[1].make, c.name, c.script, ignored)
					return [...]string{
						"our page", "our error", "refused", "ignored by WebKit",
					}[c.free] +
						", from a sandbox nothing"
				})
			})
		}
	})
}
