//go:build linux && cgo

package webview

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
)

func TestAppCommands(t *testing.T) {
	p := openPage(t,
		newApp(t, Options{
			Tauri: true, Name: "Name", Version: "1.2.3", Identifier: "com.example.app",
		},
			func(*transport.Engine) {}), WindowOptions{Label: "main"})
	t.Cleanup(func() { loop.SetTheme(ThemeSystem) })
	for _, c := range []struct{ cmd, args, want string }{
		{"app|name", `{}`, `"Name"`},
		{"app|version", `{}`, `"1.2.3"`},
		{"app|identifier", `{}`, `"com.example.app"`},
		{"app|tauri_version", `{}`, `"` + TauriVersion + `"`},
		{"app|supports_multiple_windows", `{}`, `true`},
		{"app|default_window_icon", `{}`, `null`},
		{"app|set_app_theme", `{ theme: 'dark' }`, `null`},
		{"window|theme", `{}`, `"dark"`},
		{"app|set_app_theme", `{ theme: null }`, `null`},
		{"path|join", `{ paths: ['a', '..', 'b'] }`, `"b"`},
		{"path|normalize", `{ path: '/a/../b/' }`, `"/b/"`},
		{"path|dirname", `{ path: '/a/b' }`, `"/a"`},
		{"path|basename", `{ path: '/a/b.txt' }`, `"b.txt"`},
		{"path|basename", `{ path: '/a/b.txt', ext: '.txt' }`, `"b"`},
		{"path|extname", `{ path: '/a/b.txt' }`, `"txt"`},
		{"path|is_absolute", `{ path: '/a' }`, `true`},
		{"path|is_absolute", `{ path: 'a' }`, `false`},
		{"path|resolve", `{ paths: ['/a/b', '../c', 'd'] }`, `"/a/c/d"`},
		{"path|resolve", `{ paths: ['x', '/a'] }`, `"/a"`},
		{"path|resolve_directory", `{ directory: 12 }`, strconv.Quote(os.TempDir())},
		{"path|resolve_directory", `{ directory: 12, path: 'x/y' }`,
			strconv.Quote(filepath.Join(os.TempDir(), "x/y"))},
	} {
		if got, err := p.invokes("plugin:"+c.cmd, c.args); got != c.want || err != nil {
			t.Errorf("%s %s: %s, %v, want %s", c.cmd, c.args, got, err, c.want)
		}
	}
	for cmd, want := range map[string]string{
		"path|dirname": "parent", "path|basename": "basename", "path|extname": "extension",
		"path|resolve_directory":  "base directory",
		"app|set_dock_visibility": "plugin:app|set_dock_visibility",
	} {
		if got, err := p.invokes("plugin:"+cmd, `{}`); err == nil ||
			!strings.Contains(err.Message, want) {
			t.Errorf("%s: %s, %v", cmd, got, err)
		}
	}
	if _, err := New(Options{Identifier: "../x"}); err == nil {
		t.Error("an identifier that leads out of the directory was taken")
	}
}

// closer tells when it is closed.
type closer struct {
	name   string
	closed chan string
	err    error
}

func (c *closer) Close() error {
	c.closed <- c.name
	return c.err
}

func TestResources(t *testing.T) {
	closed := make(chan string, 10)
	type byNumber struct{ Rid uint32 }
	logger, log := readableLog()
	app := newApp(t, Options{Tauri: true, Logger: logger}, func(e *transport.Engine) {
		transport.Handle(e, "open", func(ctx context.Context, a struct{ Name string }) (uint32,
			error) {
			return AddResource(ctx, &closer{a.Name, closed, nil})
		})
		transport.Handle(e, "broken", func(ctx context.Context, _ none) (uint32, error) {
			return AddResource(ctx, &closer{"broken", closed, errors.New("can't be closed")})
		})
		transport.Handle(e, "name", func(ctx context.Context, a byNumber) (string, error) {
			c, err := ResourceOf[*closer](ctx, a.Rid)
			if err != nil {
				return "", err
			}
			return c.name, nil
		})
		transport.Handle(e, "wrong", func(ctx context.Context, a byNumber) (bool, error) {
			_, err := ResourceOf[*os.File](ctx, a.Rid)
			return true, err
		})
	})
	p := openPage(t, app, WindowOptions{Label: "main"})
	q := openPage(t, app, WindowOptions{Label: "other"})
	one, _ := p.invokes("open", `{ name: 'one' }`)
	if name, err := p.invokes("name", `{ rid: `+one+` }`); name != `"one"` || err != nil {
		t.Errorf("%s, %v", name, err)
	}
	invalid := "The resource id " + one + " is invalid."
	for _, c := range []struct {
		page *testPage
		cmd  string
	}{{q, "name"}, {q, "plugin:resources|close"}, {p, "wrong"}} {
		if _, err := c.page.invokes(c.cmd, `{ rid: `+one+` }`); err == nil ||
			err.Message != invalid {
			t.Errorf("%s of %s: %v", c.cmd, c.page.Label(), err)
		}
	}
	if _, err := p.invokes("plugin:resources|close", `{ rid: `+one+` }`); err != nil {
		t.Error(err)
	}
	if name := wait(t, closed, "the first one"); name != "one" {
		t.Errorf("closed %s", name)
	}
	if _, err := p.invokes("plugin:resources|close", `{ rid: `+one+` }`); err == nil ||
		err.Message != invalid {
		t.Errorf("closed twice: %v", err)
	}
	broken, _ := p.invokes("broken", `{}`)
	if _, err := p.invokes("plugin:resources|close", `{ rid: `+broken+` }`); err == nil ||
		err.Message != "can't be closed" {
		t.Errorf("%v", err)
	}
	wait(t, closed, "the broken one")
	// What is left is closed with the page.
	p.invokes("open", `{ name: 'left' }`)
	p.invokes("broken", `{}`)
	p.Reload()
	names := wait(t, closed, "one") + wait(t, closed, "the other")
	if names != "leftbroken" && names != "brokenleft" {
		t.Errorf("closed %s", names)
	}
	eventually(t, "the log", func() bool {
		return strings.Contains(log.String(), "can't be closed")
	})
	if _, err := AddResource(t.Context(), &closer{"nobody's", closed, nil}); !errors.Is(err,
		ErrClosed) {
		t.Errorf("outside of a command: %v", err)
	}
	if name := wait(t, closed, "nobody's"); name != "nobody's" {
		t.Errorf("closed %s", name)
	}
}
