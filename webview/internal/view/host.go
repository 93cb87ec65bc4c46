package view

// Host is the window of package webview, which hears what happens in its view. The strings are its
// own. It does not block.
type Host interface {
	// Shut is told that the window is gone. For a window that Open made it comes inside no signal
	// of the system's.
	Shut()
	// CloseAsked is told that the user wants to close the window.
	CloseAsked()
	// Changed is told that the window's state or size may have changed.
	Changed()
	// FocusChanged is told that the window has got or lost the keyboard.
	FocusChanged(in bool)

	// LoadChanged is told how the main frame's load goes on. uri is the one that the view shows.
	LoadChanged(e LoadEvent, uri string)
	// LoadFailed gives the HTML to show instead of the view's own error; "" with stays: what is
	// there stays.
	LoadFailed(uri, message string) (page string, stays bool)
	// ProcessEnded is told that the web process has crashed or was killed.
	ProcessEnded(reason int)

	// Leads says what becomes of where a page leads; settle gets it later, on the main thread, when
	// the verdict is to hold the question.
	Leads(l Lead, settle func(Verdict)) Verdict
	// Navigates is told of each navigation that begins, before anybody decides, with the number of
	// its timer and the length of its URL.
	Navigates(timer uint32, url int)
	// LeftToOthers is told that handlers of the program's own may make a decision, to go back in
	// the history or another one.
	LeftToOthers(back bool) Decision

	// Request answers a request of the page by to. in.Body is the Host's.
	Request(in *Request, to Responder)
	// LastWords takes what a page says as it is being left. The text is valid during the call only.
	LastWords(text []byte)
	// PageError is told what a document of the app's does not catch, with Options.Debug.
	PageError(text string)

	Asked
}

// Asked is what a Host decides on behalf of the user.
type Asked interface {
	// Dialog says what becomes of a script's dialog, which waits for DialogHold until
	// View.AnswerDialog.
	Dialog(k DialogKind, message, text string, question int64) DialogAction
	// DialogRefused is told of a dialog that no document of ours wants.
	DialogRefused(k DialogKind)
	// Prints is told that one of our documents is to be printed, PrintFailed that it can't be.
	Prints()
	PrintFailed(message string)
	// Permission says whether a page may have something; settle gets it later, if it is held.
	Permission(k PermissionKind, name string, settle func(allow bool)) Verdict
	// AsksPermissions says whether somebody decides on permissions.
	AsksPermissions() bool
	// Authenticates says whether the user is asked for a password of that origin.
	Authenticates(origin string, proxy bool) bool
	// Refused is told what the view has refused by itself.
	Refused(what string)
	// MenuHas says whether the context menu has items for new windows, or for downloads.
	MenuHas(m MenuItems) bool
	// Download begins a download, or refuses it by nil.
	Download(uri string, d Download) DownloadHost
}

// Decision is one that the program's own handlers may make. One of its methods is called, once.
type Decision interface {
	// IsOurs: no handler has made it before ours.
	IsOurs()
	// Ended: it is made, and nobody has it any more.
	Ended()
}

// Download is one that goes on. It does nothing once it is over.
type Download interface {
	// To says where to, after DownloadHost.Destination; Cancel ends it.
	To(path string)
	Cancel()
	// Forget cancels it, and tells nothing any more.
	Forget()
}

// DownloadHost hears of a download.
type DownloadHost interface {
	// Destination is asked where to: To or Cancel answers, later too.
	Destination(name, mediaType string, size int64)
	Received(n int64)
	// Over is told that nothing more comes. failure is "" if the file is complete.
	Over(failure string)
}
