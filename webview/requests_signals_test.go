//go:build linux && cgo

package webview

import (
	"os"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/gtk"
)

// knownSignals are those for which docs/webkit.md says what becomes of them. An older WebKit has
// fewer.
const knownSignals = `
	WebKitWebView: load-changed load-failed load-failed-with-tls-errors create ready-to-show
		run-as-modal close script-dialog decide-policy permission-request mouse-target-changed
		print resource-load-started enter-fullscreen leave-fullscreen run-file-chooser
		context-menu context-menu-dismissed submit-form insecure-content-detected
		web-process-crashed web-process-terminated authenticate show-notification
		run-color-chooser show-option-menu user-message-received query-permission-state
	WebKitWebContext: user-message-received download-started initialize-web-extensions
		initialize-notification-permissions automation-started
	WebKitWebInspector: closed open-window bring-to-front attach detach
	WebKitDownload: received-data finished failed decide-destination created-destination
	WebKitUserContentManager: script-message-received script-message-with-reply-received
	WebKitAutomationSession: create-web-view will-close
	WebKitPrintOperation: finished failed create-custom-widget
	WebKitGeolocationManager: start stop
	WebKitCookieManager: changed
`

// TestEverySignalIsDecided: what WebKit tells or asks its embedder has a row in docs/webkit.md.
func TestEverySignalIsDecided(t *testing.T) {
	text, err := os.ReadFile("../docs/webkit.md")
	if err != nil {
		t.Fatal(err)
	}
	var names string
	if err := loop.call(func() error { names = gtk.SignalNames(); return nil }); err != nil {
		t.Fatal(err)
	}
	class, known := "", map[string]bool{}
	for _, word := range strings.Fields(knownSignals) {
		if c, is := strings.CutSuffix(word, ":"); is {
			class = c
			continue
		}
		name := class + "::" + word
		known[name] = true
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/webkit.md has no row for `%s`", name)
		}
	}
	lines := strings.Fields(names)
	if len(lines) < 40 {
		t.Errorf("WebKit has %d signals only", len(lines))
	}
	for _, name := range lines {
		if !known[name] {
			t.Errorf("WebKit has %s: decide what becomes of it, and say so in docs/webkit.md", name)
		}
	}
}

// TestNoDriver: nothing can drive a window from outside.
func TestNoDriver(t *testing.T) {
	app := newApp(t, Options{KeepRunning: true, Assets: testFiles()}, func(*transport.Engine) {})
	p := openPage(t, app, WindowOptions{Label: "main"})
	var automated bool
	err := app.call(func() error { automated = p.gtk().Automated(); return nil })
	if err != nil || automated {
		t.Errorf("automation is allowed: %v, %v", automated, err)
	}
	if got := p.wish(`return navigator.webdriver`); got != "false" && got != "undefined" {
		t.Errorf("navigator.webdriver is %s", got)
	}
}
