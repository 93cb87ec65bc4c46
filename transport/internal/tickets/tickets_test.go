package tickets

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

type lane uint32

func (l lane) Number() uint32 { return uint32(l) }

// TestMark: the strings that stand for the call's channels get its ticket, and nothing else does.
func TestMark(t *testing.T) {
	b := NewBook[lane]()
	c := b.Open([]lane{5, 7})
	defer b.Close(c)
	for text, want := range map[string]string{
		`["__CHANNEL__:5",{"b":"__CHANNEL__:7"}]`: `["__CHANNEL__:5:T",{"b":"__CHANNEL__:7:T"}]`,
		`"__CHANNEL__:9"`:                         `"__CHANNEL__:9"`,          // of another call
		`{"__CHANNEL__:5" : 1}`:                   `{"__CHANNEL__:5" : 1}`,    // a key
		`"say \"__CHANNEL__:5"`:                   `"say \"__CHANNEL__:5"`,    // inside of a text
		`"__CHANNEL__:5 and more"`:                `"__CHANNEL__:5 and more"`, //
		`"__CHANNEL__:`:                           `"__CHANNEL__:`,            // no JSON
	} {
		if got := strings.ReplaceAll(string(c.Mark([]byte(text))), c.ticket, "T"); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}

// TestTake: a ticket gives the channels of its call, while it is open, and says which were decoded.
func TestTake(t *testing.T) {
	b := NewBook[lane]()
	c, other := b.Open([]lane{5, 7}), b.Open([]lane{9})
	text := func(id int, ticket string) []byte {
		return fmt.Appendf(nil, `"__CHANNEL__:%d:%s"`, id, ticket)
	}
	if l, err := b.Take(text(7, c.ticket), func(lane) int64 { return 100 }); l != 7 || err != nil {
		t.Errorf("channel 7: %v, %v", l, err)
	}
	if l, err := b.Take(text(7, c.ticket), nil); l != 7 || err != nil {
		t.Errorf("channel 7 once more: %v, %v", l, err)
	}
	b.Close(other)
	for _, bad := range [][]byte{
		text(9, c.ticket), text(9, other.ticket), text(5, "guessed"), []byte(`"__CHANNEL__:5"`),
		[]byte(`5`), []byte(`"__CHANNEL__:5:`), []byte(`"__CHANNEL__:x:` + c.ticket + `"`),
	} {
		if l, err := b.Take(bad, nil); err == nil {
			t.Errorf("%s gives channel %d", bad, l)
		}
	}
	want := []Passed[lane]{{5, false, 0}, {7, true, 100}}
	if got := c.Passed(); !slices.Equal(got, want) {
		t.Errorf("passed are %v", got)
	}
}
