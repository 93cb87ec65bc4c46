package webview

// Run is all that a small program needs: it makes an App, has setup register the commands (nil:
// there are none), opens one window, and runs until that is closed. Main goroutine only, once.
// Errors: those of New, App.Open and App.Run.
func Run(o Options, w WindowOptions, setup func(*App)) error {
	app, err := New(o)
	if err != nil {
		return err
	}
	if setup != nil {
		setup(app)
	}
	if _, err := app.Open(w); err != nil {
		return err
	}
	return app.Run()
}
