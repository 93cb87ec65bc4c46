package appcode

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// outside are folders whose code is not part of what apps use.
var outside = []string{
	".git", "bench", "build", "client", "docs", "examples", "fuzz", "internal/apitest",
	"node_modules",
	"ring/linearizability", "transport/transporttest", "transport/carrier/memory",
	"transport/carrier/carriertest", "fuzz/soak", "internal/faults",
}

// rules are what may stand in some files only, each with the reason.
var rules = []struct {
	pattern *regexp.Regexp
	allowed []string
}{
	// One place recovers, and turns what was panicked with into text.
	{regexp.MustCompile(`\brecover\(\)`), []string{
		"internal/appcode/appcode.go",
		"webview/app_stats.go", // a panic of package expvar
		// http.ErrAbortHandler, which is no failure; what else there is goes on to Catch
		"webview/serving/answer_handle.go",
	}},
	// The app's logger is reached through loglimit alone, which options put before it.
	{regexp.MustCompile(
		`\bslog\.(Default|Info|Warn|Error|Log|Debug)\(|\.Logger\(\)|\blog\.(Print|Fatal|Panic)`),
		[]string{
			"bus/event.go", // an event that was made by no bus, on its listener's own goroutine
			"transport/engine_options.go", "webview/app_options.go", "webview/serving/pages.go",
			"transport/carrier/shm/options.go",
		}},
	// Codecs are called by encode and decode, which look at panics and at what is no JSON.
	{regexp.MustCompile(`(?i)codec\.Append\(`), nil},
	// A goroutine of its own for a record is of no use: no call that logs waits.
	{regexp.MustCompile(`\bgo \w+(\.\w+)*\.log\.`), nil},
	// A stack is what Catch has taken.
	{regexp.MustCompile(`debug\.Stack\(\)`), []string{"internal/appcode/appcode.go"}},
}

// TestOnePlace: the rule of this package has one place in the source, as far as text can tell.
func TestOnePlace(t *testing.T) {
	const root = "../.."
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if slices.Contains(outside, name) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for n, line := range strings.Split(string(text), "\n") {
			code, _, _ := strings.Cut(line, "//")
			for _, r := range rules {
				if r.pattern.MatchString(code) && !slices.Contains(r.allowed, name) {
					t.Errorf("%s:%d: %s may not stand here: %s", name, n+1, r.pattern,
						strings.TrimSpace(code))
				}
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Fatalf("%d files, %v", files, err)
	}
	for _, name := range []string{
		"transport/engine_options.go", "transport/carrier/shm/options.go", "bus/options.go",
		"webview/app_options.go",
	} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !strings.Contains(string(text), "o.Logger = loglimit.New(o.Logger)") {
			t.Errorf("%s: Options.Logger does not go through loglimit (%v)", name, err)
		}
	}
}

// shown panics when it is shown.
type shown struct{}

func (shown) String() string { panic(shown{}) }

// TestText: a value of the app is told in words, whatever it is.
func TestText(t *testing.T) {
	type loop []any
	cycle := loop{nil}
	cycle[0] = cycle
	for want, v := range map[string]any{
		"nil": nil, "text": "text", "7": 7, "1.5": 1.5, "true": true,
		"failed":                         fmt.Errorf("failed"),
		"a value of type appcode.loop":   cycle,
		"a value of type map[string]int": map[string]int{},
		"a value of type appcode.shown, whose methods panic":    shown{},
		"a value of type *appcode.Failure, whose methods panic": (*Failure)(nil),
	} {
		if got := Text(v); got != want {
			t.Errorf("%T: %q, want %q", v, got, want)
		}
	}
}

// exiting ends the goroutine that asks for its text.
type exiting struct{}

func (exiting) Error() string { runtime.Goexit(); return "" }

// TestCatchAlways: whoever waits for a function is told of its failure, also when what it panicked
// with ends the goroutine.
func TestCatchAlways(t *testing.T) {
	for want, f := range map[string]func(){
		"text":           func() { panic("text") },
		"runtime.Goexit": runtime.Goexit,
		"a value of type appcode.exiting, whose methods end the goroutine": func() {
			panic(exiting{})
		},
	} {
		if got := Apart(f); got == nil || got.Panic != want {
			t.Errorf("%v, want %q", got, want)
		}
	}
}
