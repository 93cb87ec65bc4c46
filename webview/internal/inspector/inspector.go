// Package inspector has the page that draws an App's figures. It is served to the inspector's
// window alone.
package inspector

import (
	"embed"
	"io/fs"
)

//go:embed page
var embedded embed.FS

// Page gives the files of the page, index.html among them.
func Page() fs.FS {
	files, err := fs.Sub(embedded, "page")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return files
}
