package webview

import (
	"fmt"
	"net/http"
	"strings"
)

// A page chooses the headers of its requests, and package http takes some of them apart: a range of
// a file costs more memory than its three letters. So those have bounds, for files and for
// Options.Fallback alike.
const (
	maxRanges    = 16      // of a file that a request may ask for
	maxRange     = 1 << 10 // bytes of the header Range
	maxCondition = 8 << 10 // bytes of each of the others that are read
)

// readHeaders are the headers that package http, or this one, reads.
var readHeaders = []string{
	"Accept", "Content-Length", "Content-Type", "Cookie", "If-Match", "If-Modified-Since",
	"If-None-Match", "If-Range", "If-Unmodified-Since", "Origin",
}

// overlong says why a request is refused for a header that is too long, and with which status; 0:
// it is not.
func overlong(h http.Header) (status int, why string) {
	ranges, length := 0, 0
	for _, v := range h.Values("Range") {
		ranges += 1 + strings.Count(v, ",")
		length += len(v)
	}
	if ranges > maxRanges || length > maxRange {
		return http.StatusRequestedRangeNotSatisfiable, fmt.Sprintf(
			"the request asks for over %d ranges, or has over %d bytes of them", maxRanges,
			maxRange)
	}
	for _, name := range readHeaders {
		length := 0
		for _, v := range h.Values(name) {
			length += len(v)
		}
		if length > maxCondition {
			return http.StatusRequestHeaderFieldsTooLarge,
				fmt.Sprintf("the request's header %s is over %d bytes", name, maxCondition)
		}
	}
	return 0, ""
}
