package serving

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
)

// FilePath is where the files of Options.LocalFiles are, each under its absolute path as one
// escaped name.
const FilePath = ControlPath + "file/"

// checkLocalFiles says what is wrong with the directories, and gives them cleaned.
func checkLocalFiles(dirs []string) ([]string, error) {
	var clean []string
	for _, dir := range dirs {
		if !filepath.IsAbs(dir) {
			return nil, fmt.Errorf(
				"serving: options: LocalFiles has %q, must be absolute paths of "+
					"directories", dir)
		}
		clean = append(clean, filepath.Clean(dir))
	}
	return clean, nil
}

// localFile answers with a file of the system.
//
//  1. The path is absolute and clean, and lies in one of the directories.
//  2. The policy allows it to the page.
//  3. No symbolic link leads out of that directory: os.Root opens it, link by link.
//  4. It is a regular file. A pipe would never be read to its end.
//  5. It is not hidden below the directory, unless the app serves hidden files.
//
// A document of it has an origin of its own and runs no script: it may be what the user has
// downloaded.
func (v *Viewer) localFile(rw *answerWriter, r *http.Request, origin string) {
	h := rw.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if !readOnly(rw, r) {
		return
	}
	name := strings.TrimPrefix(r.URL.Path, FilePath)
	if !filepath.IsAbs(name) || filepath.Clean(name) != name || strings.ContainsRune(name, 0) {
		http.Error(rw,
			"not found: behind "+FilePath+" stands encodeURIComponent of a clean absolute path",
			http.StatusNotFound)
		return
	}
	if origin == "" {
		v.refuseFile(rw, name, "a page of a foreign origin has asked")
		return
	}
	dirs := v.pages.options.LocalFiles
	in, why := dirs[:0:0], "it is in no directory of webview.Options.LocalFiles"
	for _, dir := range dirs {
		rest, ok := strings.CutPrefix(name, dir)
		if !ok || !strings.HasPrefix(rest, "/") && dir != "/" {
			continue
		}
		if !v.pages.options.DotFiles && isHidden(strings.TrimPrefix(rest, "/")) {
			why = hiddenFile
			continue
		}
		in = append(in, dir)
	}
	if len(in) == 0 {
		v.refuseFile(rw, name, why)
		return
	}
	want := transport.Permission{
		Label: v.options.Label, Origin: origin, Action: transport.ActionFile, Name: name,
	}
	if err := v.pages.options.Check(want); err != nil {
		v.refuseFile(rw, name, err.Error())
		return
	}
	f, info, err := openLocal(in, name)
	switch {
	case errors.Is(err, errLeadsOut):
		v.refuseFile(rw, name, err.Error())
		return
	case err != nil && isNotFound(err), err == nil && info.IsDir():
		if err == nil {
			f.Close()
		}
		http.Error(rw, "not found", http.StatusNotFound)
		return
	case err != nil:
		v.refuseFile(rw, name, err.Error())
		return
	}
	defer f.Close()
	noCache(rw, info)
	h.Set(documentHeader, string(AnsweredFile))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; "+
		"img-src data:; media-src 'self'")
	serve(rw, r, info.Name(), info.ModTime(), f)
}

// refuseFile answers with 403, and logs it once.
func (v *Viewer) refuseFile(rw http.ResponseWriter, name, why string) {
	if shown, first := v.pages.logged.First("file:" + name); first {
		v.pages.log.Warn("serving: a file is refused to a page",
			"window", v.options.Label, "file", shown, "reason", why)
	}
	http.Error(rw, "this file is not for pages: "+why, http.StatusForbidden)
}

const hiddenFile = "it is hidden, and webview.Options.DotFiles is not set"

// openLocal opens a file that is in all of these directories, from the first one where it is.
func openLocal(dirs []string, name string) (f *os.File, info fs.FileInfo, err error) {
	for _, dir := range dirs {
		var rel string
		if rel, err = filepath.Rel(dir, name); err != nil {
			continue
		}
		if f, info, err = openUnder(dir, rel); err == nil {
			return f, info, nil
		}
	}
	return nil, nil, err
}
