// Package origintest has URLs that are of the app's own origins, and others that only look so, for
// tests of every place that asks.
package origintest

import (
	_ "embed"
	"strconv"
	"strings"

	"github.com/tailrace-go/tailrace/webview/internal/origin"
)

// The development servers of the list.
const (
	Dev  = "http://localhost:5173"
	Dev6 = "http://[::1]:5173"
)

//go:embed testdata/origins.txt
var list string

// URL is one of the list.
type URL struct {
	Origin string // "-": none of those in the list
	URL    string
}

// Listed are the URLs of testdata/origins.txt.
var Listed = func() (all []URL) {
	for line := range strings.Lines(list) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		of, quoted, _ := strings.Cut(line, " ")
		uri, err := strconv.Unquote(quoted)
		if err != nil {
			panic(line + ": " + err.Error())
		}
		all = append(all, URL{of, uri})
	}
	return all
}()

// Foreign are URLs that are like ours, or like those of Dev, and are not. Own are URLs that are
// ours, with their origin.
var Foreign, Own = func() ([]string, map[string]string) {
	not := []string{
		"tailrace://" + strings.Repeat("localhost", 1<<17) + "/",
		"tailrace://localhost" + strings.Repeat(".", 1<<20),
		strings.Repeat("tailrace", 1<<17) + "://localhost/",
		"http://" + strings.Repeat("a", 1<<20) + "@localhost:5173/",
		"http://localhost:" + strings.Repeat("0", 1<<20) + "5173/",
	}
	are := map[string]string{
		origin.OfScheme + "/" + strings.Repeat("a", 1<<20): origin.OfScheme,
	}
	for _, l := range Listed {
		if l.Origin == origin.OfScheme || l.Origin == Dev {
			are[l.URL] = l.Origin
		} else {
			not = append(not, l.URL)
		}
	}
	return not, are
}()
