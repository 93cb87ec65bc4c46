package policy_test

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/internal/apitest"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/policy"
)

const own = "tailrace://localhost"

// allowed asks for "action:name" of a window and an origin.
func allowed(t *testing.T, p *policy.Policy, label, origin, permission string) bool {
	t.Helper()
	action, name, _ := strings.Cut(permission, ":")
	want := transport.Permission{Label: label, Origin: origin, Action: transport.Action(action),
		Name: name}
	err := p.Check(want)
	if err == nil {
		return true
	}
	var e *transport.Error
	if !errors.As(err, &e) || e.Code != transport.CodeDenied {
		t.Fatalf("%s: error %v, want code %q", permission, err, transport.CodeDenied)
	}
	for _, part := range []string{permission, label, origin} {
		if !strings.Contains(e.Message, part) {
			t.Errorf("the message %q does not name %q", e.Message, part)
		}
	}
	return false
}

func TestRules(t *testing.T) {
	p, err := policy.Parse([]byte(`{"rules": [
		{"windows": ["main", "editor-*"], "origins": ["tailrace://localhost"],
		 "allow": ["command:*", "channel:down*", "emit:file-?", "eval", "window:editor-*"],
			"deny": ["command:format_disk"]},
		{"windows": ["editor-2"], "origins": ["*"], "deny": ["eval"]},
		{"windows": ["*"], "origins": ["https://*.example.com"], "allow": ["command:version",
			"command:format_disk", "listen:*"]}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		label, origin, permission string
		want                      bool
	}{
		{"main", own, "command:download", true},
		{"main", own, "command:plugin:window|close", true},
		{"main", own, "command:format_disk", false}, // deny wins within a rule
		{"main", own, "channel:download", true},
		{"main", own, "channel:upload", false},
		{"main", own, "emit:file-1", true},
		{"main", own, "emit:file-ä", true},
		{"main", own, "emit:file-", false},
		{"main", own, "emit:file-12", false},
		{"main", own, "listen:file-1", false},
		{"main", own, "eval", true},
		{"main", own, "window:editor-1", true},
		{"main", own, "window:main", false},
		{"editor-1", own, "eval", true},
		{"editor-2", own, "eval", false}, // and across rules
		{"editor-2", own, "command:download", true},
		{"editor", own, "command:download", false}, // no rule covers it
		{"MAIN", own, "command:download", false},
		{"main", "https://a.example.com", "command:version", true},
		{"main", "https://a.example.com", "command:download", false},
		// the denial is for other origins
		{"main", "https://a.example.com", "command:format_disk", true},
		{"main", "https://example.com", "command:version", false},
		{"main", "http://a.example.com", "listen:x", false},
		{"editor-2", "https://a.example.com", "listen:x", true},
		{"main", "null", "listen:x", false},
		{"main", "", "listen:x", false},
	} {
		if got := allowed(t, p, c.label, c.origin, c.permission); got != c.want {
			t.Errorf("%s (%s) %s: allowed %v, want %v", c.label, c.origin, c.permission, got,
				c.want)
		}
	}
}

// Denies tells what is denied from what is not allowed.
func TestDenies(t *testing.T) {
	p := &policy.Policy{Rules: []policy.Rule{
		{Windows: []string{"main"}, Origins: []string{own}, Allow: []string{"window:main"},
			Deny: []string{"command:plugin:window|set_*"}},
		{Windows: []string{"locked"}, Origins: []string{"*"}, Deny: []string{"command:*"}},
	}}
	for _, c := range []struct {
		label, origin, name string
		want                bool
	}{
		{"main", own, "plugin:window|set_title", true},
		{"main", own, "plugin:window|title", false},
		{"main", "https://example.com", "plugin:window|set_title", false},
		{"other", own, "plugin:window|set_title", false},
		{"locked", own, "plugin:event|emit", true},
	} {
		if got := p.Denies(transport.Permission{
			Label: c.label, Origin: c.origin, Action: transport.ActionCommand, Name: c.name,
		}); got != c.want {
			t.Errorf("%s (%s) %s: denied %v, want %v", c.label, c.origin, c.name, got, c.want)
		}
	}
}

func TestDefault(t *testing.T) {
	p := policy.Default(own, "http://localhost:5173")
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, permission := range []string{"command:x", "channel:x", "listen:x", "emit:x", "eval",
		"window:x"} {
		if !allowed(t, p, "any", own, permission) || !allowed(t, p, "any", "http://localhost:5173",
			permission) {
			t.Errorf("an own origin lacks %s", permission)
		}
		if allowed(t, p, "any", "http://localhost:51730", permission) ||
			allowed(t, p, "any", "null", permission) {
			t.Errorf("another origin has %s", permission)
		}
	}
	if (&policy.Policy{}).Check(transport.Permission{
		Label: "main", Origin: own, Action: transport.ActionEval,
	}) == nil {
		t.Error("a policy without rules allows something")
	}
}

func TestParseErrors(t *testing.T) {
	rule := func(fields string) string { return `{"rules":[{` + fields + `}]}` }
	const pages = `"windows":["*"],"origins":["*"]`
	for name, c := range map[string]struct{ json, want string }{
		"nothing":            {``, "unexpected EOF"},
		"cut":                {`{"rules":[`, "unexpected EOF"},
		"null":               {`null`, `"rules"`},
		"no rules":           {`{}`, `"rules"`},
		"rules null":         {`{"rules":null}`, `"rules"`},
		"array":              {`[]`, "cannot unmarshal"},
		"behind":             {rule(pages+`,"allow":["eval"]`) + `{}`, "behind"},
		"unknown field":      {`{"rules":[],"rule":[]}`, `"rule"`},
		"unknown rule field": {rule(pages + `,"allows":["eval"]`), `"allows"`},
		"repeated": {rule(pages + `,"deny":["eval"],"deny":["window:*"]`),
			`"deny" stands twice`},
		"repeated by case": {rule(pages + `,"deny":["eval"],"Deny":["window:*"]`),
			`"Deny" stands twice`},
		"wrong type": {rule(pages + `,"allow":"eval"`), "cannot unmarshal"},
		"no windows": {rule(`"origins":["*"],"allow":["eval"]`),
			"rule 1: windows is empty"},
		"no origins": {rule(`"windows":["*"],"allow":["eval"]`), "origins is empty"},
		"empty origin": {rule(`"windows":["*"],"origins":[""],"allow":["eval"]`),
			"empty string"},
		"nothing said":     {rule(pages), "neither allows nor denies"},
		"unknown action":   {rule(pages + `,"allow":["commands:*"]`), `no action "commands"`},
		"empty entry":      {rule(pages + `,"allow":[""]`), `no action ""`},
		"no name":          {rule(pages + `,"deny":["command"]`), `"command:*" for all`},
		"empty name":       {rule(pages + `,"deny":["command:"]`), `"command:*" for all`},
		"name of eval":     {rule(pages + `,"allow":["eval:*"]`), `write "eval"`},
		"star with a name": {rule(pages + `,"allow":["*:*"]`), `no action "*"`},
	} {
		p, err := policy.Parse([]byte(c.json))
		if err == nil || p != nil {
			t.Errorf("%s: accepted", name)
		} else if !strings.HasPrefix(err.Error(), "policy: ") ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %q, want one that says %q", name, err, c.want)
		}
	}
}

// TestEngineRefuses: a policy that was written in code is checked, too.
func TestEngineRefuses(t *testing.T) {
	p := &policy.Policy{
		Rules: []policy.Rule{
			{Windows: []string{"*"}, Origins: []string{"*"}, Allow: []string{"commands:*"}},
		},
	}
	if _, err := transport.NewEngine(transport.Options{Policy: p}); err == nil ||
		!strings.Contains(err.Error(), `no action "commands"`) {
		t.Errorf("engine with a wrong policy: %v", err)
	}
}

// TestPatternsAreCheap: a pattern of many stars against a long name that does not match.
func TestPatternsAreCheap(t *testing.T) {
	p := &policy.Policy{Rules: []policy.Rule{{
		Windows: []string{"*"}, Origins: []string{"*"},
		Allow: []string{
			"emit:" + strings.Repeat("*a", 50) + "b",
		},
	}}}
	name := strings.Repeat("a", 10_000)
	if allowed(t, p, "w", "o", "emit:"+name[:50]) {
		t.Error("matched")
	}
	if p.Check(transport.Permission{Label: "w", Origin: "o", Action: transport.ActionEmit,
		Name: name}) == nil {
		t.Error("matched a long name")
	}
}

func BenchmarkCheck(b *testing.B) {
	p := policy.Default(own)
	want := transport.Permission{Label: "main", Origin: own, Action: transport.ActionCommand,
		Name: "download"}
	for b.Loop() {
		if err := p.Check(want); err != nil {
			b.Fatal(err)
		}
	}
}

// TestActions: rules may name every action that there is, and what is said of them names them all:
// the error about one that does not exist, and the package's comment.
func TestActions(t *testing.T) {
	source, err := os.ReadFile("policy.go")
	if err != nil {
		t.Fatal(err)
	}
	comment, _, _ := strings.Cut(string(source), "\npackage policy")
	_, said, _ := strings.Cut(strings.ReplaceAll(comment, "\n// ", " "), " The actions are ")
	said, _, _ = strings.Cut(said, ";")
	listed := strings.Fields(strings.ReplaceAll(strings.ReplaceAll(said, ",", " "), " and ", " "))
	unknown := (&policy.Policy{
		Rules: []policy.Rule{
			{Windows: []string{"*"}, Origins: []string{own}, Allow: []string{"x:*"}},
		},
	}).Validate()
	actions := apitest.Consts(t, "..", "Action")
	if len(actions) < 7 {
		t.Fatalf("the source has the actions %v", actions)
	}
	for constant, action := range actions {
		entry := action
		if transport.Action(action) != transport.ActionEval {
			entry += ":*"
		}
		p := &policy.Policy{
			Rules: []policy.Rule{
				{Windows: []string{"*"}, Origins: []string{own}, Allow: []string{entry}},
			},
		}
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", constant, err)
		}
		for other := range actions {
			name := map[bool]string{true: "", false: ":x"}[actions[other] == "eval"]
			if got := allowed(t, p, "main", own, actions[other]+name); got != (other == constant) {
				t.Errorf("%q allows %s: %v", entry, other, got)
			}
		}
		if !strings.Contains(unknown.Error(), action) {
			t.Errorf("the error does not name %q: %v", action, unknown)
		}
	}
	slices.Sort(listed)
	if want := slices.Sorted(maps.Values(actions)); !slices.Equal(listed, want) {
		t.Errorf("the package's comment lists %q, want %q", listed, want)
	}
}
