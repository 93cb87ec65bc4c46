package wire

import (
	"errors"
	"fmt"
)

// ErrLost is a batch that did not arrive whole: its length or its closing word
// is wrong. The receiver treats it as if it had not come; the sender sends it again.
var ErrLost = errors.New("wire: batch did not arrive whole")

// RuleError is a broken rule inside a whole batch. It ends the session.
type RuleError struct {
	// Rule says what was wrong, with the numbers.
	Rule string
}

func (e *RuleError) Error() string { return "wire: rule broken: " + e.Rule }

// Broken makes a RuleError.
func Broken(format string, args ...any) error {
	return &RuleError{Rule: fmt.Sprintf(format, args...)}
}
