package walls

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var quoted = regexp.MustCompile("`([^`]+)/`")

// imported is the cell of ARCHITECTURE.md with what a room may import.
func (r *room) imported() string {
	var cell []string
	for _, name := range r.imports {
		if name == "..." {
			return "all"
		}
		cell = append(cell, "`"+name+"`")
	}
	if r.tools {
		cell = append(cell, "tools")
	}
	if cell == nil {
		return "the standard library"
	}
	return strings.Join(cell, ", ")
}

// importers is the cell with the rooms that may import this one.
func (r *room) importers() string {
	switch {
	case r.tool:
		return "whoever has tools"
	case r.programs:
		return "nobody"
	}
	var cell []string
	if r.public {
		cell = append(cell, "apps")
	}
	for i := range rooms {
		if from := &rooms[i]; !from.programs && slices.Contains(from.imports, r.name()) {
			cell = append(cell, "`"+from.name()+"`")
		}
	}
	if cell == nil {
		return "programs and tests here"
	}
	return strings.Join(cell, ", ")
}

// TestDocument: ARCHITECTURE.md has a row for each room, and says the same of it.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 4 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		for _, name := range quoted.FindAllStringSubmatch(cells[0], -1) {
			rows[name[1]] = cells
		}
		if cells[0] == "`doc.go`" {
			rows["."] = cells
		}
	}
	for i := range rooms {
		r := &rooms[i]
		folder := r.name()
		cells := rows[folder]
		if cells == nil {
			t.Errorf("ARCHITECTURE.md has no row for %s/", folder)
			continue
		}
		if got, want := cells[2], r.imported(); got != want {
			t.Errorf("ARCHITECTURE.md: %s/ may import\n\t%s\nand by internal/walls\n\t%s",
				folder, got, want)
		}
		if got, want := cells[3], r.importers(); got != want {
			t.Errorf("ARCHITECTURE.md: %s/ may be imported by\n\t%s\nand by internal/walls\n\t%s",
				folder, got, want)
		}
	}
}
