//go:build linux && cgo

package webview

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
)

func TestCarrierOptions(t *testing.T) {
	for _, c := range []struct {
		options Options
		wrong   string // "": it is right
	}{
		{Options{Carrier: CarrierShm + 1}, "Carrier is CarrierKind(3)"},
		{Options{Carrier: -1}, "Carrier is CarrierKind(-1)"},
		{Options{SharedBytes: -1}, "SharedBytes is -1"},
		{Options{SharedBytes: 8<<20 - 1}, "must be 8388608"},
		{Options{SharedBytes: 8 << 20}, ""},
		{Options{SharedBytes: 8 << 20, Engine: transport.Options{RingBytes: 8 << 20}},
			"must be 12582912"},
		{Options{SharedBytes: largestShared}, ""},
		{Options{SharedBytes: largestShared + 1}, "68719476736"},
	} {
		switch _, err := New(c.options); {
		case c.wrong == "" && err != nil:
			t.Errorf("SharedBytes %d: %v", c.options.SharedBytes, err)
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("the error lacks %q: %v", c.wrong, err)
		}
	}
	for session, want := range map[int]int64{0: 512 << 20, 64 << 20: 512 << 20, 1 << 30: 1 << 30} {
		app := newApp(t, Options{Engine: transport.Options{SessionBytes: session}}, caller)
		if got := app.options.SharedBytes; got != want {
			t.Errorf("SessionBytes %d: SharedBytes is %d by default, want %d", session, got, want)
		}
	}
}

// Who gives shared memory up must be the session's page, and say why.
func TestGivingUpNeedsTheSession(t *testing.T) {
	p := openPage(t, loop, WindowOptions{})
	const path = Origin + "/.tailrace/carrier"
	headers := `"Tailrace-Version": "1", "Tailrace-Session": "` + p.hello() + `"`
	for _, c := range []struct {
		name, options string
		status        int
	}{
		{"no header", `{method: "POST", body: '{"reason":"x"}'}`, http.StatusForbidden},
		{
			"no session",
			`{method: "POST", headers: {"Tailrace-Version": "1"}, body: '{"reason":"x"}'}`,
			http.StatusForbidden,
		},
		{
			"another session",
			`{method: "POST", headers: {"Tailrace-Version": "1",
				"Tailrace-Session": "0123456789abcdef0123456789abcdef"},
				body: '{"reason":"x"}'}`, http.StatusGone,
		},
		{"GET", `{headers: {` + headers + `}}`, http.StatusMethodNotAllowed},
		{"no JSON", `{method: "POST", headers: {` + headers + `}, body: "x"}`,
			http.StatusBadRequest},
		{"the page", `{method: "POST", headers: {` + headers + `}, body: '{"reason":"the test"}'}`,
			http.StatusNoContent},
		{"again", `{method: "POST", headers: {` + headers +
			`}, body: JSON.stringify({ reason: 'long'.repeat(1000) })}`, http.StatusNoContent},
	} {
		if r := p.fetch(path, c.options); r.Status != c.status {
			t.Errorf("%s: %+v, want status %d", c.name, r, c.status)
		}
	}
	// A hello without the extension's header is carried by the scheme, and that is said.
	if st := p.Session().Stats(); st.Carrier != "scheme" || st.Reason == "" {
		t.Errorf("the carrier is %q, because: %s", st.Carrier, st.Reason)
	}
}
