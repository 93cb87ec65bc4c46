package transport_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestSessionConfigThatPanics: functions of SessionConfig that panic, or end their goroutine, keep
// no command from its answer, and no caller from the result of its script.
func TestSessionConfigThatPanics(t *testing.T) {
	for name, bad := range map[string]func(){
		"panics": func() { panic(shownBadly{}) }, "exits": runtime.Goexit,
	} {
		for when, settle := range map[string]func(string) func(context.Context){
			"before": func(string) func(context.Context) { bad(); return nil },
			"after":  func(string) func(context.Context) { return func(context.Context) { bad() } },
		} {
			t.Run(name+" "+when, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e := newEngine(t, transport.Options{})
					transport.Handle(e, "plain", func(context.Context, any) (int, error) {
						return 7, nil
					})
					transport.HandleOrdered(e, "ordered",
						func(context.Context, any) (int, error) { return 7, nil })
					p := openPage(t, e, transporttest.Config{
						Settle: settle, ForbidEval: true,
						NativeEval: func(uint32, string, bool) {
							bad()
						},
					})
					for _, command := range []string{"plain", "ordered", "plain"} {
						r, err := p.Invoke(transporttest.Request{Command: command})
						if name == "exits" && when == "before" { // before the handler was called
							wantCode(t, err, transport.CodePanic)
							continue
						}
						wantJSON(t, r, err, "7")
					}
					_, err := p.Session.EvalResult(within(t), "1")
					wantCode(t, err, transport.CodePanic)
				})
			})
		}
	}
}

// shownBadly panics when it is shown.
type shownBadly struct{}

func (shownBadly) Error() string { panic(shownBadly{}) }
