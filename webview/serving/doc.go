// Package serving serves the pages of an app: its files, what its handler answers, and the
// requests of the client that runs in each page. It knows requests and answers as package
// net/http has them, and neither windows nor a native view: the custom scheme of a webview and an
// HTTP server share it, and it works without an App.
//
// A server without windows:
//
//	pages, err := serving.New(serving.Options{Origin: "http://localhost:8080", Assets: files})
//	if err != nil {
//		log.Fatal(err)
//	}
//	viewer := pages.Viewer(serving.ViewerOptions{Label: "browsers"})
//	l, err := net.Listen("tcp", "localhost:8080")
//	if err != nil {
//		log.Fatal(err)
//	}
//	log.Fatal(http.Serve(l, viewer))
//
// # The parts
//
// [Pages] is what all pages of an app share: files, origins, headers, the import map, the handler
// behind the files, the files of the system that pages may show, the logger. It is made from
// [Options] and does not change.
//
// A [Viewer] is who is shown the pages: one window, or what a server takes for one. It has the
// places of the requests that are being answered, and the room for answers on their way, so that
// one viewer's floods take nothing from another. A server may have one for all its browsers.
//
// A [Request] is what a page asks. Those of the client bring their few headers and their body
// apart, since they are many; all others become an [http.Request]. [Shown] is what the window
// knows besides: what it shows as the request comes.
//
// The answer goes through a [Responder]. A scheme has its own; a server has that of
// Viewer.ServeHTTP.
//
// A [Host] has the sessions: it answers the hello of a document, and gives the [Page] to whose
// session the client's further requests go.
//
// # What is asked of a request
//
// Before anything else, the origin: an Origin header of another one is refused, whatever the path,
// and so is a URL that is not of the origin at which the pages are served. Then, of the client's
// requests below [ControlPath]: the method, the version, for a hello that a document of the app is
// shown, for the others the session. Of all others: the length of URL and headers, that a page of
// the app asks, or the window goes there, and that a place is free. docs/limits.md has the bounds.
//
// Answers of ours that are no pages of the app, errors and files of the system, are documents with
// an origin of their own and without scripts, should a window show them.
//
// # Over HTTP
//
// Serve at https, or at a loopback address (http://localhost, names that end with .localhost,
// 127.0.0.0/8, [::1]): browsers say there who asks, in Sec-Fetch-Site. At another origin of http
// they don't, and a page of any site can leave out its Referer. So LocalFiles and Fallback answer
// requests with an Origin or Referer of the app's own there; all others have status 403, once with
// a record in the log. Who enters an address gets the files of Assets alone. Every answer forbids
// pages of other origins to show it in a frame, unless it has a policy of its own about that.
//
// # Goroutines
//
// Viewer.Serve does not block, and calls no function of the app: a scheme calls it on the main
// thread. Files, the policy and the handler are called on a goroutine of their own for each
// request. The methods of Pages may be called from any goroutine, as may those of Viewer that don't
// say otherwise.
package serving
