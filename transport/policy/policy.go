// Package policy decides with rules what pages may do, and what may be done to them. A [Policy] is
// a transport.Policy, for Options.Policy; [Parse] reads one from JSON:
//
//	{"rules": [
//	  {"windows": ["main", "editor-*"], "origins": ["tailrace://localhost"],
//	   "allow": ["command:*", "channel:*", "listen:*", "emit:file-*", "eval", "window:*"],
//	   "deny": ["command:format_disk"]},
//	  {"windows": ["*"], "origins": ["https://help.example.com"], "allow": ["command:version"]}
//	]}
//
// A rule covers the pages whose window label matches one of its windows and whose origin matches
// one of its origins. A page may do what a rule that covers it allows, unless a rule that covers it
// denies it: deny wins, in whatever order the rules stand. A page that no rule covers may do
// nothing.
//
// # Entries
//
// An entry of allow or deny names an action and, behind a colon, the names it is for:
// "command:download", "listen:*". The actions are command, channel, resume, listen, emit, eval,
// window and file; what their names are stands at transport.Action. "eval" has no name. "*" alone
// is every action with every name.
//
// Some of the library's commands need another permission than their own: those about a window
// "window:<label>", that of resumable channels "resume:<channel>", those of events "listen:<event>"
// and "emit:<event>". docs/commands.md lists them. To allow these as command has no effect, and to
// deny them has: "command:plugin:window|set_title", or "command:*" for all commands that there are.
// An app's own commands need "command:<name>", ordered ones too, unless they are registered with
// transport.CommandOptions.Asks.
//
// # Patterns
//
// In windows, origins and names, * stands for any characters, also none, and ? for exactly one; all
// else stands for itself, case included. No escape exists, as labels and event names can't hold
// these two.
package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tailrace-go/tailrace/transport"
)

// Policy is a list of rules. It must not be changed while an engine uses it.
type Policy struct {
	Rules []Rule `json:"rules"`
}

var (
	_ transport.Policy = (*Policy)(nil)
	_ transport.Denier = (*Policy)(nil)
)

// Rule says for some pages what they may and may not do.
type Rule struct {
	// Windows are patterns of window labels, Origins of origins ("tailrace://localhost").
	Windows []string `json:"windows"`
	Origins []string `json:"origins"`
	// Allow and Deny are entries.
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
}

// everything is the entry for every action and every name.
const everything = "*"

// Default lets the pages of these origins do everything, in every window, and others nothing.
func Default(origins ...string) *Policy {
	return &Policy{
		Rules: []Rule{{Windows: []string{"*"}, Origins: origins, Allow: []string{everything}}},
	}
}

// actions are those that an entry may name, with whether a name belongs to it.
var actions = map[transport.Action]bool{
	transport.ActionCommand: true, transport.ActionChannel: true, transport.ActionResume: true,
	transport.ActionListen: true,
	transport.ActionEmit:   true, transport.ActionEval: false, transport.ActionWindow: true,
	transport.ActionFile: true,
}

// Check implements transport.Policy. A nil Policy allows nothing.
func (p *Policy) Check(want transport.Permission) error {
	if p == nil {
		return want.Denied()
	}
	allows := func(r Rule) bool { return matchEntry(r.Allow, want) && r.covers(want) }
	if p.Denies(want) || !slices.ContainsFunc(p.Rules, allows) {
		return want.Denied()
	}
	return nil
}

// Denies implements transport.Denier.
func (p *Policy) Denies(want transport.Permission) bool {
	return p != nil &&
		slices.ContainsFunc(p.Rules, func(r Rule) bool {
			return matchEntry(r.Deny, want) && r.covers(want)
		})
}

// covers says whether the rule is for the page that asks.
func (r *Rule) covers(want transport.Permission) bool {
	return matchAny(r.Windows, want.Label) && matchAny(r.Origins, want.Origin)
}

func matchAny(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, s) })
}

func matchEntry(entries []string, want transport.Permission) bool {
	return slices.ContainsFunc(entries, func(e string) bool {
		action, pattern, named := strings.Cut(e, ":")
		if !named {
			return e == everything || e == string(want.Action) && !actions[want.Action]
		}
		return action == string(want.Action) && match(pattern, want.Name)
	})
}

// match reports whether s is what the pattern describes. It goes back to the last star only, so it
// takes at most len(pattern) times len(s) steps.
func match(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == '?':
			p++
			i += runeLen(s[i:])
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// runeLen is the length of the first character of s.
func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// Validate reports what is wrong with the rules. Parse has done it, and transport.NewEngine does
// it.
func (p *Policy) Validate() error {
	if p == nil {
		return errors.New("policy: it is a nil *Policy: set none, or one from Parse")
	}
	var errs []error
	for i := range p.Rules {
		if err := p.Rules[i].validate(); err != nil {
			errs = append(errs, fmt.Errorf("policy: rule %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

func (r *Rule) validate() error {
	switch {
	case len(r.Windows) == 0:
		return errors.New(`windows is empty: name window labels, or "*"`)
	case len(r.Origins) == 0:
		return errors.New(`origins is empty: name origins such as "tailrace://localhost"`)
	case len(r.Allow)+len(r.Deny) == 0:
		return errors.New("it neither allows nor denies anything")
	case slices.Contains(r.Windows, "") || slices.Contains(r.Origins, ""):
		return errors.New("a window or an origin is an empty string, which matches nothing")
	}
	for _, e := range slices.Concat(r.Allow, r.Deny) {
		action, pattern, named := strings.Cut(e, ":")
		takesName, known := actions[transport.Action(action)]
		switch {
		case e == everything:
		case !known:
			return fmt.Errorf("entry %q: there is no action %q: use one of %v", e, action,
				slices.Sorted(maps.Keys(actions)))
		case takesName && pattern == "":
			return fmt.Errorf("entry %q lacks a name: write %q for all", e, action+":*")
		case !takesName && named:
			return fmt.Errorf("entry %q: %s has no names: write %q", e, action, action)
		}
	}
	return nil
}
