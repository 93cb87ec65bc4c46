package script

import (
	"fmt"
	"strings"
)

// Format replaces each %s of the format by the next argument as Value writes it, and %% by a
// percent sign:
//
//	script.Format(`document.title = %s; show(%s, { fade: true })`, title, items)
//
// A %s stands where an operand may stand, never inside quotes or a template literal's text. The
// format is source: it must be the program's own, not a user's. Errors: ErrFormat, and those of
// Value.
func Format(format string, args ...any) (string, error) {
	var out strings.Builder
	used := 0
	for rest := format; ; {
		text, after, found := strings.Cut(rest, "%")
		out.WriteString(text)
		switch {
		case !found && used == len(args):
			return out.String(), nil
		case !found:
			return "", fmt.Errorf("%w: %d values for %d verbs", ErrFormat, len(args), used)
		case after == "":
			return "", fmt.Errorf("%w: it ends in %%: write %%%% for a percent sign", ErrFormat)
		case after[0] == '%':
			out.WriteByte('%')
		case after[0] != 's':
			return "", fmt.Errorf("%w: verb %.10q: use %%s for a value, %%%% for a percent sign",
				ErrFormat, "%"+after)
		case used == len(args):
			return "", fmt.Errorf("%w: more verbs than the %d values", ErrFormat, len(args))
		default:
			value, err := Value(args[used])
			if err != nil {
				return "", fmt.Errorf("value %d: %w", used+1, err)
			}
			out.WriteString(value)
			used++
		}
		rest = after[1:]
	}
}
