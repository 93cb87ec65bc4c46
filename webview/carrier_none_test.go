package webview

import (
	"os"
	"strings"
	"testing"
)

// Who builds without WebKit is told what to install, by the README beside go get and by the error.
func TestPackagesAreNamed(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, beside, found := strings.Cut(string(readme), "`go get github.com/tailrace-go/tailrace`")
	if !found {
		t.Fatal("the README does not say how to get the module")
	}
	beside, _, _ = strings.Cut(beside, "\n## ")
	for _, name := range []string{"libwebkit2gtk-4.0-dev", "libwebkit2gtk-4.1-dev", "pkg-config"} {
		if !strings.Contains(beside, name) {
			t.Errorf("the README does not name %s", name)
		}
		if !strings.Contains(ErrNoCarrier.Error(), name) {
			t.Errorf("ErrNoCarrier does not name %s", name)
		}
	}
}
