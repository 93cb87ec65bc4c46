package webview_test

import (
	"log"
	"os"
	"path/filepath"

	"github.com/tailrace-go/tailrace/webview"
)

// The user may log in at one other site, and save reports into a folder. Everything else stays as
// it is by default: links that are clicked open in the system's browser.
func ExampleOptions() {
	downloads := filepath.Join(os.TempDir(), "reports")
	options := webview.Options{
		OnNavigate: func(n webview.Navigation) webview.NavigationAction {
			if n.MainFrame && n.URL.Scheme == "https" && n.URL.Host == "login.example.com" {
				return webview.NavigationAllow
			}
			return webview.NavigationDefault
		},
		OnDownload: func(d *webview.Download) (path string) {
			if err := os.MkdirAll(downloads, 0o700); err != nil {
				return "" // refused
			}
			go func() {
				<-d.Done()
				log.Printf("%s: %d bytes, %v", d.Name(), d.Received(), d.Err())
			}()
			return filepath.Join(downloads, d.Name())
		},
	}
	if err := webview.Run(options, webview.WindowOptions{}, nil); err != nil {
		log.Fatal(err)
	}
}
