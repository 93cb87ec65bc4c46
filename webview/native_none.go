//go:build !linux || !cgo

package webview

import (
	"image"
	"image/color"
	"log/slog"
	"os"
	"time"
)

// The native side of platforms without carrier. New gives ErrNoCarrier, so that nothing else
// here is ever reached.

func nativeSupported() error { return ErrNoCarrier }

func nativeNavigation(uint32) bool { return false }

func nativeInit() error                { return ErrNoCarrier }
func onMainThread() bool               { return false }
func nativeWake()                      {}
func nativeWakeLater(time.Duration)    {}
func nativeIdle()                      {}
func nativeRun()                       {}
func nativeQuit()                      {}
func nativeRepair()                    {}
func nativeSignals(*slog.Logger)       {}
func nativeDrain()                     {}
func nativeTurn()                      {}
func nativeSetTheme(Theme)             {}
func allowExtension([]string)          {}
func holdExtension()                   {}
func releaseExtension() error          { return nil }
func removeExtension() error           { return nil }
func missingExtension() error          { return ErrNoCarrier }
func nativeLaunch(string, func(error)) {}
func nativePointer() image.Point       { return image.Point{} }

type nativeWindow struct{}

func (*nativeWindow) open(*Window, WindowOptions) error                { return ErrNoCarrier }
func (*nativeWindow) attach(*Window, NativeWindow) error               { return ErrNoCarrier }
func (*nativeWindow) close(*Window)                                    {}
func (*nativeWindow) hide()                                            {}
func (*nativeWindow) leave()                                           {}
func (*nativeWindow) release(bool)                                     {}
func (*nativeWindow) limitBodies(int64)                                {}
func (*nativeWindow) state() State                                     { return State{} }
func (*nativeWindow) set(flag, bool)                                   {}
func (*nativeWindow) setTitle(string)                                  {}
func (*nativeWindow) setSize(int, int)                                 {}
func (*nativeWindow) setBounds(image.Point, image.Point)               {}
func (*nativeWindow) setPosition(int, int)                             {}
func (*nativeWindow) setPointer(int, int)                              {}
func (*nativeWindow) setZoom(float64)                                  {}
func (*nativeWindow) setBackground(color.NRGBA64)                      {}
func (*nativeWindow) center()                                          {}
func (*nativeWindow) focus()                                           {}
func (*nativeWindow) focusPage()                                       {}
func (*nativeWindow) drag(edge)                                        {}
func (*nativeWindow) monitors() []monitor                              { return nil }
func (*nativeWindow) offer(string, []*os.File) error                   { return ErrNoCarrier }
func (*nativeWindow) setApart(bool)                                    {}
func (*nativeWindow) wasApart() bool                                   { return false }
func (*nativeWindow) load(string)                                      {}
func (*nativeWindow) ping(func())                                      {}
func (*nativeWindow) reload()                                          {}
func (*nativeWindow) kill()                                            {}
func (*nativeWindow) answerDialog(int64, DialogAction, string)         {}
func (*nativeWindow) print()                                           {}
func (*nativeWindow) foreign() bool                                    { return false }
func (*nativeWindow) snapshot(chan<- snapshot)                         {}
func (*nativeWindow) eval(string, evalForm, func(evalOutcome, string)) {}

func nativeSoon(func()) {}

func (*Download) cancelNative()   {}
func (*Download) toNative(string) {}
func (*Download) forgetNative()   {}
