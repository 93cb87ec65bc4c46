package transport

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"
	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
	"github.com/tailrace-go/tailrace/transport/internal/turns"
)

// calls are the commands that the page has called. Any goroutine may touch them; who receives from
// the page alone adds some.
type calls struct {
	settle  func(string) func(context.Context) // of SessionConfig
	unknown func(command string) error         // of SessionConfig

	running *xsync.MapOf[uint32, *invocation]
	pending atomic.Int64  // how many have a place among Options.Pending
	count   atomic.Uint64 // so far
	crowd   crowd

	turns  turns.Turns[*invocation]  // of the ordered ones
	begins turns.Begins[*invocation] // of the others
	// results is the turn of who answers with a lane: the page learns of lanes in the order of
	// their numbers.
	results token
}

func (c *calls) start(o *SessionConfig) {
	c.settle, c.unknown = o.Settle, o.Unknown
	c.running = xsync.NewMapOf[uint32, *invocation]()
	c.results = newToken()
}

// invocation is one call of a command by the page. Who receives from the page makes it; then it
// belongs to the command's goroutine, but for what is atomic.
type invocation struct {
	s       *Session
	id      uint32
	name    string
	command *command // nil: there is none of that name
	headers map[string]string
	args    arguments
	refused *Error // a channel that it names can't be used, or too many commands run
	held    int64  // bytes of body and envelope that are counted in the session's memory
	ctx     context.Context
	cancel  context.CancelCauseFunc
	vacated atomic.Bool // it has no place among Options.Pending any more

	// What the page gets.
	result answer
	err    *Error // it holds nothing of the app's any more
}

// arguments are what a call brings.
type arguments struct {
	lanes  []*lane // the channels that they name
	opened []*lane // those of them that the call opened
	raw    bool    // bytes, not JSON
	body   []byte
	upload *lane  // brings the raw body; nil: it came with the call
	length uint64 // of the body
}

type invocationKey struct{}

// Header returns the value of a header of the call that ctx belongs to ("" when it has
// none). Names are as the page's invoke gave them, in lower case.
func Header(ctx context.Context, name string) string {
	inv, _ := contexts.OrBackground(ctx).Value(invocationKey{}).(*invocation)
	if inv == nil {
		return ""
	}
	return inv.headers[name]
}

// twoWords appends two 32-bit words.
func twoWords(dst []byte, a, b uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(dst, a), b)
}

// idAnd splits the payload of a lane-0 frame into its id, its second word and the rest.
func idAnd(p []byte, k wire.Kind) (id, second uint32, rest []byte, err error) {
	if len(p) < 8 {
		return 0, 0, nil, wire.Broken("%v frame of %d bytes", k, len(p))
	}
	return binary.LittleEndian.Uint32(p), binary.LittleEndian.Uint32(p[4:]), p[8:], nil
}

// invoke starts a command. Its errors are broken rules; everything else is answered.
func (s *Session) invoke(p []byte) error {
	id, n, rest, err := idAnd(p, wire.Invoke)
	if err != nil {
		return err
	}
	if uint64(n) > uint64(len(rest)) {
		return wire.Broken("invoke %d: envelope of %d bytes in %d", id, n, len(rest))
	}
	inv := &invocation{s: s, id: id, held: commandCost}
	inv.args.length = uint64(len(rest)) - uint64(n)
	if err := inv.parse(rest[:n]); err != nil {
		return err
	}
	if inv.tooLong() == nil {
		inv.args.body = bytes.Clone(rest[n:]) // a running command must not keep its batch
	}
	inv.held += int64(len(inv.args.body))
	if err := s.admit(inv); err != nil {
		return err
	}
	s.start(inv)
	return nil
}

// admit counts a command, which over counts out; with an error nothing of it is counted. The caller
// holds up.mu, and is the only one that admits.
func (s *Session) admit(inv *invocation) error {
	running := s.calls.pending.Load()
	if running >= int64(2*s.opt.Pending) {
		return wire.Broken("%d commands at once, the limit is %d", 2*s.opt.Pending, s.opt.Pending)
	}
	if other, running := s.calls.running.Load(inv.id); running && !other.vacated.Load() {
		return wire.Broken("invoke %d: a command with this id is running", inv.id)
	}
	if err := s.budget.FromPage(budget.Commands, inv.held); err != nil {
		s.budget.Give(budget.Commands, inv.held)
		return err
	}
	if running >= int64(s.opt.Pending) && inv.refused == nil {
		inv.refused = &Error{
			CodeBusy,
			fmt.Sprintf("%d commands are running already: wait for some, or raise Options.Pending",
				s.opt.Pending),
			nil,
		}
	}
	inv.ctx, inv.cancel = context.WithCancelCause(context.WithValue(s.ctx, invocationKey{}, inv))
	if s.calls.pending.Add(1) >= int64(s.opt.Pending) {
		s.calls.crowd.full()
	}
	s.calls.running.Store(inv.id, inv)
	s.up.invokes++
	s.calls.count.Add(1)
	return nil
}

// Run is the command's goroutine.
func (inv *invocation) Run() {
	var settled func(context.Context)
	inv.err = errExited
	defer func() { // also when a function of the app has ended this goroutine
		defer inv.answer()
		inv.conclude()
		if settled != nil {
			settled(inv.ctx)
		}
	}()
	settled = inv.settled()
	inv.perform()
}

// errExited is the answer when a function of the app, another than the handler, ends the command's
// goroutine by runtime.Goexit: then nothing else is known of the call.
var errExited = &Error{CodePanic, "a function of the app has ended the command's goroutine", nil}

// settled begins what SessionConfig.Settle says. What it gives waits; neither panics.
func (inv *invocation) settled() func(context.Context) {
	if inv.s.calls.settle == nil {
		return nil
	}
	var wait func(context.Context)
	if f := appcode.Call(func() { wait = inv.s.calls.settle(inv.name) }); f != nil {
		inv.settleFailed(f)
	}
	if wait == nil {
		return nil
	}
	return func(ctx context.Context) {
		if f := appcode.Call(func() { wait(ctx) }); f != nil {
			inv.settleFailed(f)
		}
	}
}

func (inv *invocation) settleFailed(f *appcode.Failure) {
	inv.s.log.Error("SessionConfig.Settle panicked", "command", inv.name, "panic", f.Panic,
		"stack", f.Stack)
}

// perform runs the handler, if the call may run.
func (inv *invocation) perform() {
	waited := inv.refused != nil || inv.ordered() || inv.waitForOthers()
	switch {
	// the page is gone, and nothing is owed to it
	case inv.s.ctx.Err() != nil && inv.s.up.leaving.Load() == nil:
		inv.err = &Error{CodeClosed, "the session is over", nil}
	case inv.refused != nil:
		inv.err = inv.refused
	case !waited:
		inv.err = inv.canceled()
	default:
		if inv.err = inv.permit(); inv.err == nil {
			inv.err = inv.wrongForm()
		}
		if inv.err == nil && inv.command != nil && inv.command.Permit != nil {
			inv.guard((*invocation).askFirst)
		}
		if inv.err == nil {
			inv.err = inv.tooLong()
		}
		if inv.err == nil && inv.command != nil { // nobody takes what comes for none
			inv.err = inv.receiveBody()
		}
		if inv.err == nil {
			inv.guard((*invocation).handle)
		}
	}
}

// waitForOthers waits while results of other calls wait for room: what this one gives would wait,
// too. False: the page has cancelled it. A page that has left takes no result: its last calls run.
func (inv *invocation) waitForOthers() bool { return inv.s.budget.Pass(inv.ctx) != ErrCanceled }

// conclude ends what belongs to the call when its handler has returned. The result may be sent
// then.
func (inv *invocation) conclude() {
	inv.release()
	for _, l := range inv.args.lanes {
		if inv.ordered() {
			break // nothing was sent on them, and it must not wait
		}
		if err := l.wait(inv.ctx, l.accepted(), false); err != nil && inv.ctx.Err() != nil {
			break // the page has cancelled it, or is gone
		}
	}
	if context.Cause(inv.ctx) == ErrCanceled {
		// Nobody waits for the result, but the page counts the command until it is answered.
		inv.result, inv.err = answer{}, inv.canceled()
	}
}

func (inv *invocation) canceled() *Error {
	return &Error{CodeCanceled, fmt.Sprintf("command %q was cancelled", inv.name), nil}
}

// tooLong refuses arguments that are longer than the command takes.
func (inv *invocation) tooLong() *Error {
	if inv.command == nil || inv.command.MaxArgs == 0 ||
		inv.args.length <= uint64(inv.command.MaxArgs) {
		return nil
	}
	return &Error{
		CodeBadArguments,
		fmt.Sprintf("command %q: the arguments have %d bytes, it takes %d", inv.name,
			inv.args.length,
			inv.command.MaxArgs),
		nil,
	}
}

// wrongForm refuses JSON where raw bytes are taken, and raw bytes, which may still have to come,
// where JSON is.
func (inv *invocation) wrongForm() *Error {
	if inv.command == nil || inv.args.raw == inv.command.raw {
		return nil
	}
	takes := "raw bytes: pass an ArrayBuffer or a view of one"
	if inv.args.raw {
		takes = "JSON arguments, not raw bytes"
	}
	return &Error{CodeBadArguments, fmt.Sprintf("command %q: it takes %s", inv.name, takes), nil}
}

// permit asks the policy. Commands that ask by themselves can be denied by name.
func (inv *invocation) permit() *Error {
	if inv.command != nil && inv.command.Asks {
		return inv.s.checkDenied(ActionCommand, inv.name)
	}
	if err := inv.s.check(ActionCommand, inv.name); err != nil || len(inv.args.lanes) == 0 {
		return err
	}
	return inv.s.check(ActionChannel, inv.name)
}

// vacate gives the call's place and its id to another one, before the page can see the answer: a
// page that has one calls on at once. It does not wait.
func (inv *invocation) vacate() {
	if !inv.vacated.Swap(true) {
		inv.s.calls.pending.Add(-1)
	}
}

// over forgets the call, which was answered.
func (inv *invocation) over() {
	s := inv.s
	s.engine.pass(gapAnswered)
	inv.vacate()
	s.calls.running.Compute(inv.id, func(now *invocation, loaded bool) (*invocation, bool) {
		return now, !loaded || now == inv // the id may be another call's by now
	})
	s.budget.Give(budget.Commands, inv.held)
	inv.cancel(context.Canceled)
}

// answer sends the result; it waits for room.
func (inv *invocation) answer() {
	s := inv.s
	defer inv.over()
	failed := inv.reply(s.ctx)
	var instead *Error
	if errors.As(failed, &instead) {
		inv.result, inv.err = answer{}, nil
		failed = inv.replyError(s.ctx, instead)
	} else if errors.Is(failed, ErrTooLarge) {
		failed = inv.replyError(s.ctx, &Error{
			CodeBadResult,
			fmt.Sprintf("the result or error of command %q is over the limit of "+
				"%d bytes", inv.name, s.opt.MaxMessage), nil,
		})
	}
	if failed != nil && !errors.Is(failed, ErrClosed) {
		s.log.Error("result could not be sent", "command", inv.name, "error", failed)
	}
}

// release ends the channels that only this command held.
func (inv *invocation) release() {
	for _, l := range inv.args.lanes {
		l.letGo(&ClosedError{Reason: "its command has returned: call Keep to use it longer"})
	}
	if inv.args.upload != nil {
		inv.args.upload.finish(&ClosedError{Reason: "its command has returned"}, false)
		inv.args.upload.dropPart()
	}
}

// receiveBody waits for a raw body that has a lane of its own.
func (inv *invocation) receiveBody() *Error {
	if inv.args.upload == nil {
		return nil
	}
	inv.args.upload.unshut()
	m, err := inv.args.upload.receive(inv.ctx)
	if err != nil {
		return &Error{
			CodeBadArguments,
			fmt.Sprintf("the raw body of command %q did not arrive: %v", inv.name,
				err), nil,
		}
	}
	if m.kind != wire.Bytes || uint64(len(m.data)) != inv.args.length {
		return &Error{
			CodeBadArguments,
			fmt.Sprintf("the raw body of command %q has %d bytes, %d were "+
				"announced", inv.name, len(m.data), inv.args.length), nil,
		}
	}
	inv.args.body = m.data
	inv.held += int64(cap(m.data))
	inv.s.budget.Add(budget.Commands, int64(cap(m.data)))
	return nil
}

// decode stores the arguments in *args and connects the channels in them.
func (inv *invocation) decode(args any) error {
	if raw, ok := args.(*[]byte); ok {
		*raw = inv.args.body
		return nil
	}
	if raw, ok := args.(*json.RawMessage); ok && inv.ordered() {
		*raw = inv.args.body
		return nil
	}
	if err := inv.decodeJSON(args); err != nil {
		return &Error{CodeBadArguments, fmt.Sprintf("command %q: %v", inv.name, err), nil}
	}
	return nil
}

// commandCost is what a command that runs or waits takes beside what else is counted of it, in
// bytes; its goroutine is not in it.
const commandCost = 1024
