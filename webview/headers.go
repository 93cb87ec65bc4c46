package webview

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
			return nil, fmt.Errorf("webview: options: Header: %q is no name of a header", name)
		}
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n\x00") {
				return nil, fmt.Errorf("webview: options: Header: the value of %s has a line's "+
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
