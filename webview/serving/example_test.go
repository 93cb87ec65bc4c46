package serving_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/webview/serving"
)

// A server has files, ranges of them, and the client as a module, without any window. It is told
// its own origin, beside which all others are foreign.
func Example() {
	server := httptest.NewUnstartedServer(nil)
	defer server.Close()
	pages, err := serving.New(serving.Options{
		Origin: "http://" + server.Listener.Addr().String(),
		Assets: fstest.MapFS{"index.html": {Data: []byte("<p>hello")}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server.Config.Handler = pages.Viewer(serving.ViewerOptions{Label: "browser"})
	server.Start()

	get := func(origin string) {
		r, err := http.NewRequest("GET", server.URL+"/", nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		fmt.Println(answer.StatusCode, string(body), err)
	}
	get("")
	get("http://elsewhere.example")
	// Output:
	// 200 <p>hello <nil>
	// 403 {"code":"forbidden","message":"this origin is not the app's own"} <nil>
}
