package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// errDamaged is a download that is not what its server announced.
var errDamaged = errors.New("download: what came does not have the SHA-256 that the server " +
	"announced")

// fetch reads url to its end and reports each step. It fails if the SHA-256 is not the one
// of the header Repr-Digest (RFC 9530).
func fetch(ctx context.Context, id int64, url string, report func(DownloadEvent) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("download: the server says %s", response.Status)
	}
	if err := report(DownloadEvent{
		"started", &Started{url, id, response.ContentLength},
	}); err != nil {
		return err
	}
	hash := sha256.New()
	for chunk := make([]byte, 64<<10); ; {
		n, err := response.Body.Read(chunk)
		hash.Write(chunk[:n])
		if n > 0 {
			if err := report(DownloadEvent{"progress", &Progress{id, n}}); err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	sum := hash.Sum(nil)
	if !strings.Contains(response.Header.Get("Repr-Digest"), digest(sum)) {
		return errDamaged
	}
	return report(DownloadEvent{"finished", &Finished{id, fmt.Sprintf("%x", sum)}})
}

// digest is the value of a Repr-Digest header.
func digest(sum []byte) string {
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}
