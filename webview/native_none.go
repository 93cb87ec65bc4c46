//go:build !linux || !cgo

package webview

// The native side of platforms without carrier. New gives ErrNoCarrier, so that nothing else
// here is ever reached.

func nativeSupported() error { return ErrNoCarrier }

func nativeInit() error  { return ErrNoCarrier }
func onMainThread() bool { return false }
func nativeWake()        {}
func nativeRun()         {}
func nativeQuit()        {}
func nativeRepair()      {}
func nativeDrain()       {}

type nativeWindow struct{}

func (*nativeWindow) open(*Window, WindowOptions) error  { return ErrNoCarrier }
func (*nativeWindow) attach(*Window, NativeWindow) error { return ErrNoCarrier }
func (*nativeWindow) close(*Window)                      {}
func (*nativeWindow) release()                           {}
func (*nativeWindow) limitBodies(int64)                  {}
func (*nativeWindow) setTitle(string)                    {}
func (*nativeWindow) setSize(int, int)                   {}
func (*nativeWindow) load(string)                        {}
func (*nativeWindow) reload()                            {}
func (*nativeWindow) snapshot(chan<- snapshot)           {}
