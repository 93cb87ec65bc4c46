//go:build linux && cgo

package webview

import (
	"encoding/json"
	"errors"
	"expvar"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
)

func TestExpvar(t *testing.T) {
	app := newApp(t, Options{Name: "plant"}, func(e *transport.Engine) { caller(e) })
	name := t.Name()
	if err := app.PublishExpvar(name); err != nil {
		t.Fatal(err)
	}
	if err := app.PublishExpvar(name); !errors.Is(err, ErrPublished) {
		t.Errorf("the same name again: %v", err)
	}
	if err := newApp(t, Options{}, caller).PublishExpvar("memstats"); !errors.Is(err,
		ErrPublished) {
		t.Errorf("a name of package expvar's own: %v", err)
	}
	if err := app.PublishExpvar(""); err == nil {
		t.Error("a variable without a name")
	}
	read := func() (st Stats) {
		t.Helper()
		text := expvar.Get(name).String()
		if err := json.Unmarshal([]byte(text), &st); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return st
	}
	if st := read(); st.Name != "plant" || len(st.Windows) != 0 || len(st.Engine.Sessions) != 0 {
		t.Errorf("before the first window: %+v", st)
	}
	p := openPage(t, app, WindowOptions{Label: "main"})
	for range 7 {
		p.run(`await tailrace.invoke('caller')`, nil)
	}
	st := read()
	if len(st.Windows) != 1 || st.Windows[0].Label != "main" || st.Windows[0].Session == nil ||
		len(st.Engine.Sessions) != 1 {
		t.Fatalf("with a window: %+v", st)
	}
	if s := st.Windows[0].Session; s.Commands < 7 || s.Commands != st.Engine.Commands ||
		s.Carrier == "" || s.Memory == 0 {
		t.Errorf("its session: %+v", s)
	}
}
