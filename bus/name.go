package bus

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// maxName bounds names of events and labels, in bytes: a page chooses them, and Go keeps them. It
// is far more than any name that people write.
const maxName = 1024

// checkName refuses what is no event name.
func checkName(name string) error { return check(name, ErrName) }

// checkLabel refuses what is no window's label.
func checkLabel(label string) error { return check(label, ErrLabel) }

// check applies the rule for names and labels: Unicode letters and digits, and - / : _.
func check(s string, refused error) error {
	if s == "" {
		return fmt.Errorf("%w: it is empty", refused)
	}
	if len(s) > maxName {
		return fmt.Errorf("%w: %d bytes are more than %d", refused, len(s), maxName)
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || !plain[c] {
			return checkRunes(s, i, refused)
		}
	}
	return nil
}

// plain are the ASCII characters of names.
var plain = func() (set [utf8.RuneSelf]bool) {
	for c := range set {
		set[c] = allowed(rune(c))
	}
	return set
}()

func checkRunes(s string, from int, refused error) error {
	for _, r := range s[from:] { // a byte that is no UTF-8 gives U+FFFD, which is no letter
		if !allowed(r) {
			return fmt.Errorf("%w: %.80q has %q", refused, s, r)
		}
	}
	return nil
}

func allowed(r rune) bool {
	switch r {
	case '-', '/', ':', '_':
		return true
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}
