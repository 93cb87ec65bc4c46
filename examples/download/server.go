package main

import (
	"crypto/sha256"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	// piece and pace make the server about as fast as a good line: 24 MB in two seconds.
	piece = 128 << 10
	pace  = 10 * time.Millisecond
)

// serve starts an HTTP server on loopback that has one file of random bytes. It gives the file's
// URL.
func serve(size int) (url string, stop func() error, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	var seed [32]byte
	file := make([]byte, size)
	if _, err := rand.NewChaCha8(seed).Read(file); err != nil {
		return "", nil, err
	}
	sum := sha256.Sum256(file)
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		w.Header().Set("Repr-Digest", digest(sum[:]))
		for rest := file; len(rest) > 0; {
			n := min(piece, len(rest))
			if _, err := w.Write(rest[:n]); err != nil {
				return // the client is gone
			}
			rest = rest[n:]
			select {
			case <-time.After(pace):
			case <-r.Context().Done():
				return
			}
		}
	})}
	go s.Serve(listener)
	return "http://" + listener.Addr().String() + "/file", s.Close, nil
}
