package script

import "errors"

// Errors of this package wrap these; test with errors.Is.
var (
	// ErrType is a value that JavaScript has no form for: a function, a Go channel, a complex
	// number, or a map whose keys are neither strings, integers nor encoding.TextMarshaler. Leave
	// it out with the tag `json:"-"`.
	ErrType = errors.New("script: type has no JavaScript form")
	// ErrDepth is a value that is nested deeper than 1000 levels, pointers and interfaces included,
	// or that contains itself.
	ErrDepth = errors.New("script: value is nested deeper than 1000 levels, or contains itself")
	// ErrFormat is a format with another verb than %s and %%, or with another number of verbs than
	// there are values.
	ErrFormat = errors.New("script: wrong format")
)
