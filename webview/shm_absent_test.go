//go:build linux && cgo

package webview

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/webview/internal/gtk"
	"github.com/tailrace-go/tailrace/webview/internal/gtk/extensiondir"
)

// What follows are scenarios of TestRun: WebKit may give a page a web process of a page before,
// which has the extension.

func init() {
	scenarios["no place for the extension"] = func() error {
		return overScheme(CarrierAuto, "is mounted noexec", func() {
			extensiondir.Statfs = func(path string, st *syscall.Statfs_t) error {
				err := syscall.Statfs(path, st)
				st.Flags |= extensiondir.StNoexec
				return err
			}
		})
	}
	scenarios["no extension for this machine"] = func() error {
		return overScheme(CarrierAuto, "does not exist for", func() {
			gtk.Library = func() []byte { return nil }
		})
	}
	scenarios["an extension that can't be loaded"] = func() error {
		return overScheme(CarrierAuto, gtk.ErrNoExtension.Error(), func() {
			gtk.Library = func() []byte { return []byte("no library") }
		})
	}
	scenarios["shared memory is switched off"] = func() error {
		return overScheme(CarrierScheme, "Options.Carrier", func() {
			gtk.Library = func() []byte { panic("unpacked though nobody wants it") }
		})
	}
	scenarios["shared memory or nothing"] = shmOrNothing
	scenarios["the extension leaves the disk"] = extensionLeaves
	scenarios["what a dead process left is swept"] = extensionSwept
}

// overScheme opens a page for which there is no shared memory, and sees that all works, and that it
// is said why.
func overScheme(kind CarrierKind, reason string, prepare func()) error {
	prepare()
	logger, log := readableLog()
	app, loaded, err := scenarioAppOf(Options{Carrier: kind, Logger: logger})
	if err != nil {
		return err
	}
	w, err := app.Open(WindowOptions{})
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() {
		defer app.Quit()
		<-loaded
		v, err := w.EvalResult(context.Background(), "6 * 7")
		st := w.Session().Stats()
		switch {
		case err != nil:
			failed <- err
		case string(v) != "42":
			failed <- fmt.Errorf("the page answered %s", v)
		case st.Carrier != "scheme" || !strings.Contains(st.Reason, reason):
			failed <- fmt.Errorf("the carrier is %q, because: %s", st.Carrier, st.Reason)
		case kind == CarrierAuto && !strings.Contains(log.String(), reason):
			failed <- fmt.Errorf("the log lacks %q: %s", reason, log)
		default:
			failed <- nil
		}
	}()
	if err := app.Run(); err != nil {
		return err
	}
	return <-failed
}

// A page that must have shared memory and can't gets no session, and is told why; so is the log.
func shmOrNothing() error {
	gtk.Library = func() []byte { return nil }
	logger, log := readableLog()
	files := asked{fstest.MapFS{"index.html": {Data: []byte(blank + `<script>
		tailrace.invoke('anything').then(() => 'resolved', (e) => e.code + ' ' +
			e.message).then((text) => fetch('/said-' + text.replaceAll(/[^\w ]/g,
			'_')))</script>`)}}, make(chan string, 100)}
	app, err := New(Options{Carrier: CarrierShm, Logger: logger, Assets: files})
	if err != nil {
		return err
	}
	if _, err := app.Open(WindowOptions{}); err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() {
		defer app.Quit()
		var said string
		for !strings.HasPrefix(said, "said-") {
			said = <-files.names
		}
		text := log.String()
		switch {
		case !strings.Contains(said, "does not exist for") || !strings.Contains(said, "CarrierShm"):
			failed <- fmt.Errorf("the page was told %q", said)
		case !strings.Contains(text, "level=ERROR") ||
			!strings.Contains(text, "does not exist for"):
			failed <- fmt.Errorf("the log says %s", text)
		default:
			failed <- nil
		}
	}()
	if err := app.Run(); err != nil {
		return err
	}
	return <-failed
}

// extensionsIn gives the directories of extensions in a place.
func extensionsIn(place string) []string {
	all, err := filepath.Glob(filepath.Join(place, extensiondir.Prefix+"*"))
	if err != nil {
		panic(err) // the pattern is right
	}
	return all
}

// The extension is on disk while there are windows, and comes back for a later one.
func extensionLeaves() error {
	place, err := os.MkdirTemp("", "")
	if err != nil {
		return err
	}
	defer os.RemoveAll(place)
	os.Setenv("TMPDIR", place)
	app, loaded, err := scenarioApp()
	if err != nil {
		return err
	}
	app.options.KeepRunning = true
	failed := make(chan error, 1)
	go func() {
		defer app.Quit()
		failed <- func() error {
			for range 2 {
				w, err := app.Open(WindowOptions{})
				if err != nil {
					return err
				}
				other, err := app.Open(WindowOptions{Label: "other"})
				if err != nil {
					return err
				}
				<-loaded
				<-loaded
				other.Destroy()
				<-other.Done()
				if n := len(extensionsIn(place)); n != 1 {
					return fmt.Errorf("%d extensions on disk while a window is open", n)
				}
				w.Destroy()
				<-w.Done()
				if all := extensionsIn(place); len(all) != 0 {
					return fmt.Errorf("after the last window there is still %v", all)
				}
			}
			if _, err := app.Open(WindowOptions{Label: "left"}); err != nil {
				return err
			}
			<-loaded
			return nil
		}()
	}()
	if err := app.Run(); err != nil {
		return err
	}
	if err := <-failed; err != nil {
		return err
	}
	if all := extensionsIn(place); len(all) != 0 {
		return fmt.Errorf("after Run there is still %v", all)
	}
	return nil
}

// victimVariable names the place of a process that is killed.
const victimVariable = "TAILRACE_TEST_VICTIM"

// A process that is killed leaves its extension; the next one takes it away.
func extensionSwept() error {
	place := os.Getenv(victimVariable)
	victim := place != ""
	if !victim {
		var err error
		if place, err = os.MkdirTemp("", ""); err != nil {
			return err
		}
		defer os.RemoveAll(place)
		self, err := os.Executable()
		if err != nil {
			return err
		}
		c := exec.Command(self)
		c.Env = append(os.Environ(), victimVariable+"="+place)
		if out, err := c.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
			return fmt.Errorf("the victim: %v %s", err, out)
		}
		if n := len(extensionsIn(place)); n != 1 {
			return fmt.Errorf("the victim left %d extensions", n)
		}
	}
	os.Setenv("TMPDIR", place)
	app, loaded, err := scenarioApp()
	if err != nil {
		return err
	}
	if _, err := app.Open(WindowOptions{}); err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() {
		defer app.Quit()
		<-loaded
		if victim {
			failed <- syscall.Kill(os.Getpid(), syscall.SIGKILL)
			return
		}
		var err error
		if n := len(extensionsIn(place)); n != 1 {
			err = fmt.Errorf("%d extensions while a window is open", n)
		}
		failed <- err
	}()
	if err := app.Run(); err != nil {
		return err
	}
	return <-failed
}
