// Package appcode is how this library calls functions of the app.
//
// The rule: no function of the app runs under a lock of ours, between a claim of a ring and its
// commit, on a drainer, on the UI thread unless its documentation says so, or outside of a recover.
// Functions of the app are those that it hands over (handlers, listeners, filters, callbacks), and
// the methods of all that it implements: codecs, policies, errors, JSON marshalers and
// unmarshalers, contexts, files, closers, handlers of package slog.
//
// ARCHITECTURE.md has the table of all places. What the app wants logged goes through package
// loglimit, which never waits.
//
// A runtime error that Go itself can't recover from ends the process all the same: a stack
// overflow, or a map that two goroutines write.
package appcode

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"unicode/utf8"
)

// Failure is the way in which a function of the app ended instead of returning. It is an error.
type Failure struct {
	// Panic is what the function panicked with, as text; "runtime.Goexit" when it ended its
	// goroutine.
	Panic string
	// Stack is that of the goroutine, for a log.
	Stack string
}

// Error says that the function panicked, and with what.
func (f *Failure) Error() string { return "panicked: " + f.Panic }

// Catch is deferred by who calls functions of the app, and calls failed, which may be nil, when
// they do not return: returned is still false then. A panic ends there; a goroutine that ends by
// runtime.Goexit goes on ending.
//
//	returned := false
//	defer appcode.Catch(&returned, func(f *appcode.Failure) { … })
//	fn()
//	returned = true
func Catch(returned *bool, failed func(*Failure)) {
	if *returned {
		return
	}
	f := &Failure{Panic: "runtime.Goexit"}
	if failed != nil {
		defer failed(f) // also when a method of p ends the goroutine
	}
	if p := recover(); p != nil {
		f.Panic = fmt.Sprintf("a value of type %T, whose methods end the goroutine", p)
		f.Panic = Text(p)
	}
	if failed != nil {
		f.Stack = string(debug.Stack())
	}
}

// Call calls f. It gives nil when f has returned, and what it panicked with. When f ends its
// goroutine, Call does not return either: where that must not be, use Apart.
func Call(f func()) (failure *Failure) {
	returned := false
	defer Catch(&returned, func(f *Failure) { failure = f })
	f()
	returned = true
	return nil
}

// Apart is Call on a goroutine of its own, which it waits for. So a runtime.Goexit is a failure
// like another.
func Apart(f func()) *Failure {
	over := make(chan *Failure, 1)
	go func() {
		returned := false
		defer func() {
			if returned {
				over <- nil
			}
		}()
		defer Catch(&returned, func(f *Failure) { over <- f })
		f()
		returned = true
	}()
	return <-over
}

// Text is what a value of the app says about itself: an error or a fmt.Stringer by its method,
// which may panic. Of other values than basic ones it is the type: they may be large, refer to
// themselves, or be in use.
func Text(v any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("a value of type %T, whose methods panic", v)
		}
	}()
	switch v := v.(type) {
	case nil:
		return "nil"
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	}
	switch reflect.TypeOf(v).Kind() {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Uintptr:
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("a value of type %T", v)
}

// IsJSON reports whether a codec of the app has written one JSON value in UTF-8. A page reads many
// messages as one text, and would take one that is not JSON for a broken rule.
func IsJSON(data []byte) bool { return utf8.Valid(data) && json.Valid(data) }

// ErrNoJSON is what a codec wrote that IsJSON denies.
var ErrNoJSON = errors.New("the codec wrote what is not one JSON value in UTF-8")
