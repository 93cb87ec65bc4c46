// Package look is the style sheet that the examples' pages share.
package look

import (
	_ "embed"
	"io/fs"
	"testing/fstest"
)

//go:embed style.css
var style []byte

// Page gives the files of the folder "page", and style.css beside them.
func Page(files fs.FS) fs.FS {
	page, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // only for a name that is no path
	}
	return styled{page, fstest.MapFS{"style.css": {Data: style}}}
}

type styled struct{ page, style fs.FS }

func (s styled) Open(name string) (fs.File, error) {
	if name == "style.css" {
		return s.style.Open(name)
	}
	return s.page.Open(name)
}
