package serving

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/tailrace-go/tailrace/internal/loglimit"
)

// find opens the file that answers a request, or says where it is instead. In this order:
//
//  1. the file of that path
//  2. of a folder its index.html; a document without the slash is sent to that with it, so that
//     relative links fit
//  3. the file of that path and ".html"
//  4. with Options.SPA, of a path without an extension the root's index.html
//
// A path that ends with a slash is a folder's.
func (a *assets) find(r *http.Request) (f fs.File, info fs.FileInfo, to string, err error) {
	name, folder := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if name == "" {
		name, folder = ".", true
	}
	if a.files == nil || strings.HasPrefix(r.URL.Path, "//") || !a.hidden && isHidden(name) {
		return nil, nil, "", fs.ErrNotExist
	}
	f, info, err = a.open(name)
	if err == nil && info.IsDir() {
		f.Close()
		f, info, err = a.open(path.Join(name, "index.html"))
		if err == nil && !folder && info.Mode().IsRegular() && isNavigation(r.Header) {
			f.Close()
			return nil, nil, withSlash(r.URL), nil
		}
	} else if err == nil && folder {
		f.Close()
		err = fs.ErrNotExist
	}
	if err != nil && isNotFound(err) && !folder {
		f, info, err = a.open(name + ".html")
	}
	if err != nil && isNotFound(err) && a.spa && path.Ext(name) == "" &&
		(!a.fallback || acceptsHTML(r.Header)) {
		f, info, err = a.open("index.html")
	}
	if err == nil && !info.Mode().IsRegular() {
		f.Close()
		err = fs.ErrNotExist
	}
	return f, info, "", err
}

// open gives a file or folder. What is no path for package fs names no file: one that leads out of
// the root, or is not UTF-8.
func (a *assets) open(name string) (f fs.File, info fs.FileInfo, err error) {
	if !fs.ValidPath(name) || strings.ContainsRune(name, 0) || len(name) > longestPath ||
		!a.hidden && isHidden(name) {
		return nil, nil, fs.ErrNotExist
	}
	f, info, err = openConfined(a.files, name)
	if errors.Is(err, errLeadsOut) {
		a.log.Warn("serving: a file of Options.Assets is not served", "path", loglimit.Short(name),
			"error", err)
	}
	return f, info, err
}

// acceptsHTML says whether a document is asked for, as navigations do and scripts' requests don't.
func acceptsHTML(h http.Header) bool {
	return strings.Contains(h.Get("Accept"), "text/html")
}

// withSlash gives the reference to the folder of a URL's path.
func withSlash(u *url.URL) string {
	p := u.EscapedPath()
	to := "./" + p[strings.LastIndexByte(p, '/')+1:] + "/"
	if u.RawQuery != "" {
		to += "?" + u.RawQuery
	}
	return to
}
