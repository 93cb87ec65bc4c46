package builtin

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/commands.md anew")

const document = "../../docs/commands.md"

// rows are the rows of the document. Commands that differ in nothing but their name share one.
func rows() string {
	var heads []string
	names := map[string][]string{}
	for _, name := range Names() {
		c := Named(name)
		var needs []string
		for _, n := range c.Needs {
			needs = append(needs, "`"+string(n)+"`")
		}
		order, length := "no", "as `transport.Options.MaxMessage` has it"
		if c.Ordered {
			order = "yes"
		}
		if c.MaxArgs != Any {
			length = fmt.Sprint(c.MaxArgs>>10, " KiB")
		}
		part, short, _ := strings.Cut(name, "|")
		price := []string{"nothing", "asking", "a change", "dear"}[c.Price]
		head := fmt.Sprintf("| `%s` | %%s | %s | %s | %s | %s |", part, strings.Join(needs, "; "),
			order, length, price)
		if _, known := names[head]; !known {
			heads = append(heads, head)
		}
		names[head] = append(names[head], "`"+short+"`")
	}
	slices.Sort(heads)
	var b strings.Builder
	for _, head := range heads {
		fmt.Fprintf(&b, head+"\n", strings.Join(names[head], ", "))
	}
	return b.String()
}

// TestDocument: docs/commands.md has the table, and no other rows.
func TestDocument(t *testing.T) {
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	const from = "|---|---|---|---|---|---|\n"
	begin := strings.Index(text, from) + len(from)
	end := begin + strings.LastIndex(text[begin:], "|\n") + 2
	if begin < len(from) || end < begin+2 {
		t.Fatal("the document has no table of six columns")
	}
	if text[begin:end] == rows() {
		return
	}
	if !*update {
		t.Fatalf("the table of %s is another one: go test ./internal/builtin -update", document)
	}
	if err := os.WriteFile(document, []byte(text[:begin]+rows()+text[end:]), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestRows: what changes something is ordered, everything has a bound, and the main thread is asked
// for nothing by who has no window in mind.
func TestRows(t *testing.T) {
	for _, name := range Names() {
		c := Named(name)
		if c.MaxArgs <= 0 {
			t.Errorf("%s: its arguments have no bound", name)
		}
		if c.Price >= Changing && !c.Ordered {
			t.Errorf("%s: it changes something, and is not ordered", name)
		}
		if len(c.Needs) == 0 && !strings.HasPrefix(name, "plugin:event|") {
			t.Errorf("%s: it needs no permission", name)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a command that has no row was found")
		}
	}()
	Named("plugin:window|nothing")
}
