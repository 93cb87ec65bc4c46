//go:build linux && cgo

package webview

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/webview/internal/mainloop"
)

// What the app allows is shown, and Reload and Navigate come back from it.
func TestOnNavigate(t *testing.T) {
	server := newElsewhere(t)
	asked := make(chan Navigation, 100)
	l := newLeading(t, Options{OnNavigate: func(n Navigation) NavigationAction {
		asked <- n
		switch {
		case strings.HasSuffix(n.URL.Path, "/allowed"):
			return NavigationAllow
		case n.URL.Path == "/external", n.URL.Scheme == "foo":
			return NavigationExternal
		case n.URL.Path == "/panic":
			panic("in OnNavigate")
		case n.URL.Scheme == "file":
			return NavigationExternal
		}
		return NavigationDefault
	}}, "")
	ours := func() {
		t.Helper()
		if url := l.waitLoaded(); url != Origin+"/index.html" {
			t.Fatalf("%s was loaded", url)
		}
		eventually(t, "a session", func() bool { l.before = l.Session(); return l.before != nil })
		l.again(t)
	}
	away := func(path string) {
		t.Helper()
		if url := l.waitLoaded(); url != server.URL+path {
			t.Fatalf("%s was loaded", url)
		}
	}
	expect := func(path string, gesture, main bool) {
		t.Helper()
		n := wait(t, asked, "the question about "+path)
		if got := strings.TrimPrefix(n.URL.String(), server.URL); got != path ||
			n.UserGesture != gesture || n.MainFrame != main || n.Window != l.Window {
			t.Errorf("asked about %+v, want %s, gesture %v, main %v", n, path, gesture, main)
		}
	}
	t.Run("a script, and Reload", func(t *testing.T) {
		l.script(`location = '` + server.URL + `/allowed'`)
		expect("/allowed", false, true)
		away("/allowed")
		l.Reload()
		ours()
	})
	t.Run("a click, and Navigate", func(t *testing.T) {
		l.run(`document.body.innerHTML = '<a href="`+server.URL+`/allowed">'`, nil)
		l.click()
		expect("/allowed", true, true)
		away("/allowed")
		if err := l.Navigate("index.html"); err != nil {
			t.Fatal(err)
		}
		ours()
	})
	t.Run("back in the history", func(t *testing.T) {
		l.script(`history.back()`)
		expect("/allowed", false, true)
		// which may come as it was left, and does not load then
		eventually(t, "the page", func() bool {
			var href string
			l.run(`return location.href`, &href)
			return href == server.URL+"/allowed"
		})
		l.Reload()
		for l.waitLoaded() != Origin+"/index.html" {
		}
		eventually(t, "a session", func() bool { l.before = l.Session(); return l.before != nil })
		l.again(t)
	})
	t.Run("a foreign page stays with its own", func(t *testing.T) {
		l.script(`location = '` + server.URL + `/allowed'`)
		expect("/allowed", false, true)
		away("/allowed")
		l.run(`location = '/inside'`, nil)
		away("/inside")
		other := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
		l.run(`location = '`+other+`/elsewhere'`, nil)
		expect(other+"/elsewhere", false, true)
		eventually(t, "the refusal", l.refused)
		l.Reload()
		ours()
	})
	t.Run("the app's own Navigate is not asked about", func(t *testing.T) {
		if err := l.Navigate(server.URL + "/redirect"); err != nil {
			t.Fatal(err)
		}
		away("/landed")
		l.Reload()
		away("/landed")
		if err := l.Navigate("index.html"); err != nil {
			t.Fatal(err)
		}
		ours()
		if len(asked) > 0 {
			t.Errorf("asked about %+v", <-asked)
		}
	})
	t.Run("where a server leads is asked about again", func(t *testing.T) {
		other := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
		l.run(`document.body.innerHTML = '<a href="`+server.URL+`/other/allowed">'`, nil)
		l.click()
		expect("/other/allowed", true, true)
		n := wait(t, asked, "the question about the redirect")
		if n.URL.String() != other+"/landed" || !n.Redirect || !n.MainFrame {
			t.Errorf("asked about %+v", n)
		}
		eventually(t, "the refusal", l.refused)
		l.stays()
	})
	t.Run("a foreign page that reloads itself is the app's no more than before",
		func(t *testing.T) {
			l.script(`location = '` + server.URL + `/allowed'`)
			expect("/allowed", false, true)
			away("/allowed")
			server.moved.Store(true)
			defer server.moved.Store(false)
			l.run(`setTimeout(() => location.reload())`, nil)
			other := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
			expect(other+"/landed", false, true)
			eventually(t, "the refusal", l.refused)
			l.Reload()
			ours()
		})
	t.Run("frames", func(t *testing.T) {
		l.again(t)
		l.script(`document.body.innerHTML = '<iframe src="` + server.URL +
			`/frame"></iframe><iframe srcdoc="x"></iframe>'`)
		expect("/frame", false, false)
		l.stays()
	})
	t.Run("to the desktop", func(t *testing.T) {
		for _, uri := range []string{server.URL + "/external", "foo:bar"} {
			l.again(t)
			l.script(`location = '` + uri + `'`)
			wait(t, asked, "the question")
			if got := wait(t, l.launched, "the desktop"); got != uri {
				t.Errorf("the desktop got %q", got)
			}
			l.stays()
		}
	})
	t.Run("panic", func(t *testing.T) {
		l.again(t)
		l.script(`location = '` + server.URL + `/panic'`)
		eventually(t, "the refusal", l.refused)
		if !strings.Contains(l.log.String(), "the function of OnNavigate panicked") {
			t.Error("the log does not tell of the panic")
		}
		l.stays()
	})
}

// A window that is closed while the app is asked goes at once, and the answer comes to nothing. A
// flood of questions is held back.
func TestNavigationUndecided(t *testing.T) {
	answer := make(chan none)
	asked := make(chan Navigation, 100)
	l := newLeading(t, Options{OnNavigate: func(n Navigation) NavigationAction {
		asked <- n
		<-answer
		return NavigationExternal
	}}, "")
	l.script(`for (let i = 0; i < 64; i++) { const f = document.createElement('iframe');
		f.src = 'foo:' + i; document.body.append(f) }`)
	for range maxAsked {
		wait(t, asked, "a question")
	}
	eventually(t, "the refusal", l.refused)
	l.stays()
	l.Destroy()
	wait(t, l.Done(), "the window's end")
	close(answer)
	eventually(t, "the answers", func() bool {
		n := 0
		if err := l.app.call(func() error { n = l.Window.asks.deciding; return nil }); err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
	if len(asked) > 0 || len(l.launched) > 0 {
		t.Errorf("%d more questions, %d URLs for the desktop", len(asked), len(l.launched))
	}
}

// What wants a window of its own gets one of the App, if that allows it.
func TestOnNewWindow(t *testing.T) {
	asked := make(chan Navigation, 10)
	l := newLeading(t, Options{OnNewWindow: func(n Navigation) NavigationAction {
		asked <- n
		return NavigationAllow
	}}, `<button onclick="window.open('other.html')">`)
	if _, err := l.app.Open(WindowOptions{Label: "opened-1", Hidden: true}); err != nil {
		t.Fatal(err)
	}
	l.click()
	if n := wait(t, asked, "the question"); n.URL.String() != Origin+"/other.html" ||
		!n.UserGesture ||
		n.Window != l.Window {
		t.Errorf("asked about %+v", n)
	}
	eventually(t, "its session", func() bool {
		w := l.app.Window("opened-2")
		return w != nil && w.Session() != nil
	})
	got, err := l.app.Window("opened-2").EvalResult(testContext(t), `String(opener) + name`)
	if err != nil || string(got) != `"null"` {
		t.Errorf("the window has the opener and name %s, %v", got, err)
	}
	l.stays()
	for _, w := range l.app.Windows() {
		if w != l.Window {
			w.Destroy()
			wait(t, w.Done(), "the window's end")
		}
	}
}

// A URL of the longest length is opened, one that is longer is not.
func TestLongURLIsRefused(t *testing.T) {
	l := newLeading(t, Options{}, "")
	for _, n := range []int{longestURL, longestURL + 1} {
		l.again(t)
		l.run(`document.body.innerHTML = '<a href="mailto:`+strings.Repeat("a", n-len("mailto:"))+
			`">'`,
			nil)
		l.click()
		if n > longestURL {
			eventually(t, "the refusal", l.refused)
		} else if got := wait(t, l.launched, "the desktop"); len(got) != n {
			t.Errorf("the desktop got %d bytes", len(got))
		}
		l.stays()
	}
}

func init() {
	arranged["nobody's download"] = func() error {
		refused := make(chan struct{}, 1)
		logger := slog.New(handlerFunc(func(r slog.Record) {
			if strings.Contains(r.Message, "refused a download") {
				fmt.Println(r.Message)
				refused <- struct{}{}
			}
		}))
		app, loaded, err := scenarioAppOf(Options{Logger: logger, KeepRunning: true})
		if err != nil {
			return err
		}
		w, err := app.Open(WindowOptions{Hidden: true})
		if err != nil {
			return err
		}
		go func() {
			<-loaded
			mainloop.Post(func() {
				w.gtk().Download(os.Getenv("TAILRACE_TEST_URL"))
				w.Destroy()
			})
			<-w.Done()
			end := time.Now().Add(patience / 2)
			for ; time.Now().Before(end) && len(refused) == 0; time.Sleep(5 * time.Millisecond) {
				if _, err := os.Stat(os.Getenv("TAILRACE_TEST_FILE")); err == nil {
					fmt.Println("a file is there")
					break
				}
			}
			app.Quit()
		}()
		return app.Run()
	}
}

// The desktop's program gets the URL as one argument, whatever is in it: no shell sees it.
func TestDesktopOpens(t *testing.T) {
	dir := t.TempDir()
	byDefault := "[Default Applications]\nx-scheme-handler/mailto=tailrace.desktop\n"
	for name, text := range map[string]string{
		"handler": "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + dir + "/new && " +
			"mv " + dir + "/new " + dir + "/got\n",
		"applications/tailrace.desktop": "[Desktop Entry]\nType=Application\nName=test\n" +
			"Exec=" + dir + "/handler %u\nMimeType=x-scheme-handler/mailto;\n",
		"applications/mimeapps.list": byDefault,
		"applications/mimeinfo.cache": "[MIME Cache]\n" +
			"x-scheme-handler/mailto=tailrace.desktop;\n",
		"config/mimeapps.list":            byDefault,
		"config/applications/placeholder": "",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	out := scenarioOutput(t, "the desktop opens", "XDG_DATA_HOME="+dir,
		"XDG_CONFIG_HOME="+dir+"/config", "TAILRACE_TEST_FILE="+dir+"/got")
	if strings.Contains(out, "failed to open") {
		t.Error(out)
	}
	if got, err := os.ReadFile(dir + "/got"); err != nil || string(got) != trickyURL+"\n" {
		t.Errorf("the program got %q, %v", got, err)
	}
}

const trickyURL = "mailto:a@b.example?subject=x%20y&body=$(touch%20z);`id`'|&-o"

func init() {
	arranged["the desktop opens"] = func() error {
		app, loaded, err := scenarioApp()
		if err != nil {
			return err
		}
		if _, err := app.Open(WindowOptions{Hidden: true}); err != nil {
			return err
		}
		failed := make(chan error, 1)
		go func() {
			<-loaded
			mainloop.Post(func() {
				app.desktop.launch(trickyURL, func(err error) { failed <- err })
			})
			end := time.Now().Add(patience / 2)
			for ; time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
				if _, err := os.Stat(os.Getenv("TAILRACE_TEST_FILE")); err == nil ||
					len(failed) > 0 {
					break
				}
			}
			app.Quit()
		}()
		if err := app.Run(); err != nil {
			return err
		}
		select {
		case err := <-failed:
			return err
		default:
			return nil
		}
	}
}
