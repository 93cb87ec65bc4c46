package webview

import (
	"fmt"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/tauri"
)

// appPolicy is the app's policy and the inspector's. It tells a page with a denial, too, that
// Tauri's commands are not there.
type appPolicy struct {
	transport.Policy
	off bool // Tauri's commands are not there
}

// Check implements transport.Policy.
func (p appPolicy) Check(q transport.Permission) error {
	if q.Label == InspectorLabel || q.Name == commandInspect {
		return inspectorMay(q)
	}
	err := p.Policy.Check(q)
	if err != nil && p.off && q.Action == transport.ActionCommand && tauri.Command(q.Name) {
		return &transport.Error{
			Code: transport.CodeDenied, Message: fmt.Sprintf("%v (%s)", err, tauri.Off),
		}
	}
	return err
}

// Denies implements transport.Denier, for a policy that does. A page may always say that it is
// ready: that gives it nothing, and what Go does to it waits for that.
func (p appPolicy) Denies(q transport.Permission) bool {
	d, ok := p.Policy.(transport.Denier)
	return ok && q.Name != bus.CommandReady && q.Name != bus.CommandReadyLater && d.Denies(q)
}

var _ transport.Denier = appPolicy{}

// Validate lets the engine check the rules when it is made.
func (p appPolicy) Validate() error {
	if v, ok := p.Policy.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}
