//go:build linux && cgo

package webview

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
)

// watched is a page that counts what its policy refuses, and keeps what is written to the console.
const watched = blank + `<script>
	globalThis.refused = 0; globalThis.shown = [];
	addEventListener('securitypolicyviolation',
		(e) => { if (e.effectiveDirective === 'connect-src') refused++ });
	console.error = (...args) => shown.push(args.map(String).join(' '));
</script>`

type refusal struct {
	Outcome string
	Refused int
	Shown   []string
}

// call gives how a call of the page's ends.
const callAndLook = `const outcome = await tailrace.invoke('caller')
		.then(() => 'a result', (e) => e.code + ': ' + e.message);
	return { outcome, refused, shown };`

func (r refusal) check(t *testing.T, most int) {
	t.Helper()
	for _, text := range append([]string{r.Outcome}, r.Shown...) {
		for _, part := range []string{"Content-Security-Policy", "connect-src", Origin} {
			if !strings.Contains(text, part) {
				t.Errorf("%q does not name %s", text, part)
			}
		}
	}
	if !strings.HasPrefix(r.Outcome, "blocked_by_csp: ") || len(r.Shown) != 1 || r.Refused == 0 ||
		r.Refused > most {
		t.Errorf(
			"the page has %+v, want blocked_by_csp, one error in the console and at most %d "+
				"requests", r,
			most)
	}
}

// TestPagePolicies: a policy that lets the client's requests pass does no harm; one that does not
// is named, and after a few requests the page asks no more.
func TestPagePolicies(t *testing.T) {
	const inline = "script-src 'unsafe-inline'"
	for _, c := range []struct {
		policy      string
		server, let bool
	}{
		{"default-src 'none'; " + inline + "; connect-src 'self'", false, true},
		{"default-src 'none'; " + inline + "; connect-src " + Origin, true, true},
		{"connect-src 'none'", false, false},
		{"default-src 'none'; " + inline, false, false},
		{"connect-src 'self'", true, false},
	} {
		for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
			t.Run(fmt.Sprint(kind, " ", c.server, " ", c.policy), func(t *testing.T) {
				header := http.Header{"Content-Security-Policy": {c.policy}}
				o := Options{
					Carrier: kind, Assets: fstest.MapFS{"index.html": {Data: []byte(watched)}},
					Header: header,
				}
				if c.server {
					server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter,
						_ *http.Request) {
						rw.Header().Set("Content-Type", "text/html")
						rw.Header().Set("Content-Security-Policy", c.policy)
						fmt.Fprint(rw, watched)
					}))
					t.Cleanup(server.Close)
					o.DevURL = server.URL
				}
				p := openPage(t, newApp(t, o, caller), WindowOptions{Label: "main"})
				var got refusal
				p.run(callAndLook, &got)
				if !c.let {
					got.check(t, 4)
				} else if got.Outcome != "a result" || got.Refused != 0 || len(got.Shown) != 0 {
					t.Errorf("the page has %+v", got)
				}
			})
		}
	}
}

// TestPolicyAddedLater: a policy that comes into force in a page that has a session ends it over
// the scheme, with few requests, and harms nothing over shared memory.
func TestPolicyAddedLater(t *testing.T) {
	type args struct {
		Stream *transport.Stream[int, int]
	}
	for _, kind := range []CarrierKind{CarrierScheme, CarrierShm} {
		t.Run(kind.String(), func(t *testing.T) {
			o := Options{Carrier: kind, Assets: fstest.MapFS{"index.html": {Data: []byte(watched)}}}
			p := openPage(t, newApp(t, o, func(e *transport.Engine) {
				caller(e)
				transport.Handle(e, "echo", func(ctx context.Context, a args) (none, error) {
					for {
						n, err := a.Stream.Receive(ctx)
						if err != nil {
							return none{}, nil
						}
						if err := a.Stream.Send(ctx, n); err != nil {
							return none{}, err
						}
					}
				})
			}), WindowOptions{Label: "main"})
			p.run(`await tailrace.invoke('caller')`, nil)
			p.carriedBy(carrierNames[kind])
			p.run(`globalThis.got = []; globalThis.wanted = 0;
				globalThis.stream = new tailrace.Channel((n) => {
					got.push(n);
					if (got.length === wanted) reached();
				});
				globalThis.exchange = (n) => new Promise((resolve, reject) => {
					globalThis.reached = resolve;
					stream.onclose = reject;
					const { length } = got;
					wanted = length + n;
					for (let i = 0; i < n; i++) stream.send(length + i).catch(reject);
				});
				tailrace.invoke('echo', { stream }).catch(() => {});
				await exchange(100);
				document.head.insertAdjacentHTML('beforeend',
					'<meta http-equiv="Content-Security-Policy" content="connect-src \'none\'">');
				await fetch('/index.html').then(() => {
					throw new Error('the policy is not in force') },
					() => {});
				while (refused === 0) await new Promise((resolve) => setTimeout(resolve, 5));
				refused--; // that one; there may be the client's already`, nil)
			var got refusal
			if kind == CarrierScheme {
				p.run(callAndLook, &got)
				got.check(t, 20)
				return
			}
			var wrong []int
			p.run(`await exchange(2000); return got.filter((n, i) => n !== i)`, &wrong)
			p.run(callAndLook, &got)
			if len(wrong) != 0 || got.Outcome != "a result" || got.Refused != 0 ||
				len(got.Shown) != 0 {
				t.Errorf("the page has %+v, out of order %v", got, wrong)
			}
		})
	}
}
