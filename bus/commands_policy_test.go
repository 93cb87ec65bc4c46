package bus_test

import (
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestPolicy: what the policy denies has no effect, and the error names it.
func TestPolicy(t *testing.T) {
	rules, err := policy.Parse(
		[]byte(
			`{"rules":[{"windows":["*"],"origins":["*"],"allow":["listen:*","emit:a","command:*"],
				"deny":["listen:secret"]}]}`))
	noError(t, err)
	e, b := newBus(t, transport.Options{Policy: rules}, bus.Options{})
	w := readyWindow(t, e, b, "main")
	heard := newRecord()
	for _, name := range []string{"a", "secret"} {
		_, err := b.Listen(bus.App, name, heard.hear)
		noError(t, err)
	}
	for _, c := range []struct {
		command string
		args    object
		missing string
	}{
		{bus.CommandListen, object{"event": "secret", "sub": 1}, "listen:secret"},
		{bus.CommandEmit, object{"event": "secret"}, "emit:secret"},
		{bus.CommandEmitTo, object{"event": "secret", "target": bus.Any}, "emit:secret"},
	} {
		err := w.call(c.command, c.args)
		wantCode(t, err, transport.CodeDenied)
		if !strings.Contains(err.Error(), c.missing) {
			t.Errorf("error %v does not name %s", err, c.missing)
		}
	}
	_, err = w.page.Invoke(transporttest.Request{Command: bus.CommandEmitBytes, Raw: []byte{1},
		Headers: map[string]string{bus.HeaderEvent: "secret"}})
	wantCode(t, err, transport.CodeDenied)
	w.listen("a", nil, 1)
	w.must(w.call(bus.CommandEmit, object{"event": "a"}))
	noError(t, b.Emit("secret", 1))
	noError(t, b.Emit("secret", "end"))
	w.wantEvents("[1] null")
	got := heard.take(t)
	if len(got) != 2 {
		t.Fatalf("heard %q", got)
	}
}

// TestLongEmitAsksFirst: of long arguments the event is asked about before anything else is read,
// which may be no JSON at all.
func TestLongEmitAsksFirst(t *testing.T) {
	rules, err := policy.Parse([]byte(`{"rules":[{"windows":["*"],"origins":["*"],` +
		`"allow":["emit:a","command:*"]}]}`))
	noError(t, err)
	e, b := newBus(t, transport.Options{Policy: rules}, bus.Options{})
	w := openPlain(t, e, b, "main", nil)
	long := strings.Repeat("x", 60_000)
	for _, c := range []struct{ command, args, code string }{
		{bus.CommandEmit, `{"event":"secret","payload":"` + long + "\xff", transport.CodeDenied},
		{bus.CommandEmitTo, `{"target":"main","event":"secret","payload":[` + long,
			transport.CodeDenied},
		{bus.CommandEmit, `{"payload":"` + long + `","event":"a"}`, transport.CodeBadArguments},
		{bus.CommandEmit, `{"event":"` + long + `"}`, bus.CodeName},
		{bus.CommandEmit, `{"event":"` + long[:2000] + `","payload":"` + long + `"}`, bus.CodeName},
		{bus.CommandEmit, `{"event":1,"payload":"` + long + `"}`, bus.CodeName},
		{bus.CommandEmit, `[` + long, transport.CodeBadArguments},
		{bus.CommandEmit, `{"event":"a","payload":"` + long, transport.CodeBadArguments},
	} {
		wantCode(t, w.call(c.command, c.args), c.code)
	}
	heard := newRecord()
	_, err = b.Listen(bus.App, "a", heard.hear)
	noError(t, err)
	noError(t, w.call(bus.CommandEmit, `{"event":"a","payload":"`+long+`"}`))
	noError(t, b.Emit("a", "end"))
	heard.want(t, `"`+long+`"`)
}

// TestForgedWindowEvents: who may not act on a window does not get to tell its page, or Go, that
// something happened to it.
func TestForgedWindowEvents(t *testing.T) {
	rules, err := policy.Parse([]byte(`{"rules":[
		{"windows":["*"],"origins":["*"],"allow":["listen:*","emit:*","command:*"]},
		{"windows":["owner"],"origins":["*"],"allow":["window:mine"]},
		{"windows":["all"],"origins":["*"],"allow":["window:*"]}]}`))
	noError(t, err)
	e, b := newBus(t, transport.Options{Policy: rules}, bus.Options{})
	heard := newRecord()
	_, err = b.Listen(bus.Any, "tauri://close-requested", heard.hear)
	noError(t, err)
	readyWindow(t, e, b, "mine")
	for label, may := range map[string][3]bool{
		"nobody": {}, "owner": {true}, "all": {true, true, true},
	} {
		w := readyWindow(t, e, b, label)
		_, raw := w.page.Invoke(transporttest.Request{Command: bus.CommandEmitBytes, Raw: []byte{1},
			Headers: map[string]string{bus.HeaderEvent: "tauri://close-requested"}})
		for i, err := range []error{
			w.call(bus.CommandEmitTo, object{
				"event": "tauri://close-requested", "target": bus.Window("mine"),
			}),
			w.call(bus.CommandEmit, object{"event": "tauri://close-requested"}),
			raw,
		} {
			if may[i] {
				noError(t, err)
			} else {
				wantCode(t, err, transport.CodeDenied)
			}
		}
	}
	noError(t, b.Emit("tauri://close-requested", "end"))
	if got := heard.take(t); len(got) != 4 {
		t.Fatalf("heard %q, want 4 from pages that may", got)
	}
}
