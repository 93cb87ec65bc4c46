// Package inspector draws an App's figures: the page, which is served to the inspector's window
// alone, and what it draws.
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
