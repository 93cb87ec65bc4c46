package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"
)

// modules are those of the package that the page imports.
var modules = []string{"core", "event", "webview", "webviewWindow", "window"}

// withPackage serves the package's files, unchanged, under /npm/, and gives the pages an import map
// that leads there.
func withPackage(pages fs.FS, folder string) (fs.FS, error) {
	imports := map[string]string{}
	for _, name := range modules {
		if _, err := os.Stat(filepath.Join(folder, name+".js")); err != nil {
			return nil, fmt.Errorf("the package @tauri-apps/api is not in %s: run `npm ci` in "+
				"the folder client: %w", folder, err)
		}
		imports["@tauri-apps/api/"+name] = "/npm/" + name + ".js"
	}
	text, err := json.Marshal(map[string]any{"imports": imports})
	if err != nil {
		return nil, err
	}
	script := fmt.Appendf(nil, `<script type="importmap">%s</script>`, text)
	mapped := fstest.MapFS{}
	names, err := fs.Glob(pages, "*.html")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		html, err := fs.ReadFile(pages, name)
		if err != nil {
			return nil, err
		}
		const place = "<title>"
		if bytes.Count(html, []byte(place)) != 1 {
			return nil, fmt.Errorf("%s needs one %s, before which the import map goes", name, place)
		}
		mapped[name] = &fstest.MapFile{
			Data: bytes.Replace(html, []byte(place), append(script, place...), 1),
		}
	}
	return overlay{mapped, pages, os.DirFS(folder)}, nil
}

var _ fs.FS = overlay{}

// overlay serves files of the first that has them.
type overlay struct {
	mapped, pages, npm fs.FS
}

func (o overlay) Open(name string) (fs.File, error) {
	if name, ok := strings.CutPrefix(name, "npm/"); ok {
		return o.npm.Open(name)
	}
	if f, err := o.mapped.Open(name); err == nil {
		return f, nil
	}
	return o.pages.Open(name)
}
