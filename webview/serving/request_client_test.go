package serving

import (
	"bytes"
	"strings"
	"testing"
)

func TestFromLatin1(t *testing.T) {
	all := make([]byte, 256)
	var text strings.Builder
	for i := range all {
		all[i] = byte(i)
		text.WriteRune(rune(i))
	}
	if b, ok := fromLatin1([]byte(text.String()), 256); !ok || !bytes.Equal(b, all) {
		t.Errorf("%v, %x", ok, b)
	}
	for _, bad := range []string{text.String() + "x", "\u0100", "\xc2", "\xff"} {
		if _, ok := fromLatin1([]byte(bad), 256); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}
