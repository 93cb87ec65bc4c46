//go:build linux && cgo

package webview_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/script"
	"github.com/tailrace-go/tailrace/webview"
)

const evalPage = `<!doctype html>
<title>Evaluated</title>
<script>
	const printed = [];
	console.log = (line) => printed.push(tailrace.invoke('print', { line }));
</script>`

// A script runs in the page's global scope, in order with the window's events. script.Format writes
// values into it. EvalResult waits for a promise.
func ExampleWindow_Eval() {
	app, err := webview.New(webview.Options{
		Assets: fstest.MapFS{"index.html": {Data: []byte(evalPage)}},
	})
	if err != nil {
		log.Fatal(err)
	}
	transport.HandleOrdered(app.Engine(), "print", printLine)
	window, err := app.Open(webview.WindowOptions{})
	if err != nil {
		log.Fatal(err)
	}
	if err := window.Eval("console.log('hello from Go')"); err != nil {
		log.Fatal(err)
	}
	js, err := script.Format("console.log(%s.join(' '))", []string{"it's", "safe", "</script>"})
	if err != nil {
		log.Fatal(err)
	}
	if err := window.Eval(js); err != nil {
		log.Fatal(err)
	}
	title, err := window.EvalResult(context.Background(), "Promise.all(printed).then(() => "+
		"document.title)")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("the title is %s\n", title)
	window.Close()
	<-window.Done()

	// Output:
	// hello from Go
	// it's safe </script>
	// the title is "Evaluated"
}
