package webview

import (
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tailrace-go/tailrace/client"
)

// tauriPath is where the modules under Tauri's names are served.
const tauriPath = controlPath + "tauri/"

// tauriModules are the modules that the import map names.
var tauriModules = []string{
	"app", "core", "dpi", "event", "path", "webview", "webviewWindow", "window",
}

// importMap is the script element that maps @tauri-apps/api/<name> to our modules.
func importMap() []byte {
	imports := map[string]string{"@tauri-apps/api": Origin + tauriPath + "index.js"}
	for _, name := range tauriModules {
		imports["@tauri-apps/api/"+name] = Origin + tauriPath + name + ".js"
	}
	b, err := json.Marshal(map[string]any{"imports": imports})
	if err != nil {
		panic(err) // strings always encode
	}
	return slices.Concat([]byte(`<script type="importmap">`), b, []byte("</script>"))
}

// tauriModule answers with one of the modules, if the app has asked for them; false: the path is
// none of theirs.
func (a *assets) tauriModule(rw http.ResponseWriter, r *http.Request) bool {
	name, ok := strings.CutPrefix(r.URL.Path, tauriPath)
	if !ok {
		return false
	}
	source := client.TauriModules[name]
	switch {
	case source == nil:
		http.Error(rw, "not found", http.StatusNotFound)
	case !a.tauri:
		http.Error(rw, "not found: the modules under Tauri's names are there only with "+
			"webview.Options.Tauri or ImportMap", http.StatusNotFound)
	default:
		a.module(rw, r, source)
	}
	return true
}

// document answers with an HTML document that has the import map. It has no ranges: they would be
// those of another text. false: the file is no HTML document, or too large for that.
func (a *assets) document(rw http.ResponseWriter, r *http.Request, info fs.FileInfo,
	content io.Reader) (bool, error) {
	ext := strings.ToLower(path.Ext(info.Name()))
	if !a.importMap || ext != ".html" && ext != ".htm" || info.Size() > a.maxUnseekable {
		return false, nil
	}
	b, err := a.readAll(rw, content)
	if err != nil {
		return false, err
	}
	if at, ok := importMapPlace(b); ok {
		b = slices.Concat(b[:at], importMap(), b[at:])
	}
	rw.Header().Set("Content-Type", contentTypes[ext])
	rw.Header().Set("Content-Length", strconv.Itoa(len(b)))
	rw.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, err = rw.Write(b)
		if err != nil {
			return true, nil // the page does not want it any more
		}
	}
	return true, nil
}

// importMapPlace finds where an import map may stand in a document: at the beginning of the head,
// or before the first element if no head is written. false: it has one already.
func importMapPlace(b []byte) (at int, ok bool) {
	at = -1
	for t := range tags(b) {
		switch t.name {
		case "script":
			if strings.EqualFold(strings.Trim(t.attribute("type"), asciiSpace), "importmap") {
				return 0, false
			}
			if at < 0 {
				at = t.begin
			}
		case "html":
		case "head":
			if at < 0 {
				at = t.end
			}
		default:
			if at < 0 {
				at = t.begin
			}
		}
	}
	if at < 0 {
		at = len(b)
	}
	return at, true
}
