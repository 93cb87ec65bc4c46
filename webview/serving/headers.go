package serving

import (
	"fmt"
	"net/http"
	"strings"
)

// hopByHop are the headers about a connection, which there is none of.
var hopByHop = []string{
	"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// sanitized gives the headers of an answer as WebKit may have them: without names that are none,
// and without the ends of lines.
func sanitized(h http.Header) http.Header {
	clean := make(http.Header, len(h))
	for name, values := range h {
		if !isToken(name) || strings.HasPrefix(name, http.TrailerPrefix) {
			continue
		}
		for _, v := range values {
			clean[name] = append(clean[name], strings.TrimSpace(noLineEnds.Replace(v)))
		}
	}
	for _, name := range hopByHop {
		clean.Del(name)
	}
	return clean
}

var noLineEnds = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")

// checkedHeader gives a copy of the app's headers with names in the usual form, or says what is
// wrong with them.
func checkedHeader(h http.Header) (http.Header, error) {
	checked := make(http.Header, len(h))
	for name, values := range h {
		if !isToken(name) {
			return nil, fmt.Errorf("serving: options: Header: %q is no name of a header", name)
		}
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n\x00") {
				return nil, fmt.Errorf("serving: options: Header: the value of %s has a line's "+
					"end in it", name)
			}
			checked.Add(name, v)
		}
	}
	return checked, nil
}

// isToken says whether a header may have that name.
func isToken(name string) bool {
	const others = "!#$%&'*+-.^_`|~"
	for _, c := range name {
		if c >= 0x80 || c|0x20 < 'a' && (c < '0' || c > '9') && !strings.ContainsRune(others, c) ||
			c|0x20 > 'z' && !strings.ContainsRune(others, c) {
			return false
		}
	}
	return name != ""
}

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
