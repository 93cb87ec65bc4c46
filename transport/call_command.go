package transport

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport/internal/budget"
	"github.com/tailrace-go/tailrace/transport/internal/missing"
	"github.com/tailrace-go/tailrace/transport/internal/tickets"
)

// command is a registered handler. run decodes the arguments, calls it and encodes
// the result.
type command struct {
	CommandOptions
	name string
	raw  bool // it takes raw bytes, not JSON
	run  func(ctx context.Context, inv *invocation) (answer, error)
}

// CommandOptions are what a command has beside its name and its function. The zero value is what
// Handle registers.
type CommandOptions struct {
	// Ordered has the calls handled in the order in which the page made them: see HandleOrdered.
	Ordered bool
	// Asks says that the function asks the policy by itself, with Session.Check and for what the
	// call means. Without it the policy is asked for "command:<name>" before anything of the
	// arguments is decoded, and for "channel:<name>" if the call has channels. With it the policy
	// is asked only whether it denies "command:<name>" (Denier), and what the function forgets to
	// ask is allowed to every page.
	Asks bool
	// MaxArgs bounds a call's arguments, in bytes of their JSON or of the raw body. A longer call
	// is refused with CodeBadArguments, nothing of it is kept or decoded. Default: no bound but
	// Options.MaxMessage.
	MaxArgs int
	// Permit, if not nil, is asked about each call before its arguments are decoded, and before a
	// long raw body is received: what a refused page goes on to send of it is dropped as it comes.
	// Its context is that of the function, with SessionFrom and Header. It runs on the function's
	// goroutine, when the policy has allowed what it is asked. Its error rejects the call as one of
	// the function does. It is for what the headers say: with Asks, a function that takes raw bytes
	// asks here what it would ask first. Default: nobody is asked but the policy.
	Permit func(ctx context.Context) error
}

// answer is a handler's result: raw bytes, or JSON.
type answer struct {
	raw  bool
	data []byte
}

// Handle registers fn as the command that the page calls with invoke(name, args).
//
// Args is decoded from the arguments' JSON by Options.Codec; []byte takes a raw body instead. A
// field of type *Channel[T] or *Stream[Out, In], or of that type by value, takes a channel of the
// page: at any depth, in slices and maps, and behind a type's own UnmarshalJSON, which finds a
// string there that only Channel's UnmarshalJSON reads. A struct may embed a Channel, not a
// *Channel. A page that leaves out a channel is refused with CodeBadArguments, which names the
// field; one that may be missing is declared with `json:",omitempty"` (or omitzero), and is nil
// then, with methods that give ErrUnbound. What a type's own UnmarshalJSON fills is not looked at.
//
// Result is encoded the same way; []byte arrives as raw bytes, and must not be changed
// after the return.
//
// fn runs on a goroutine of its own, never on the UI thread. So calls run side by side. Those that
// a page makes without awaiting are started in the order of the calls, but one may overtake another
// before fn's first line: HandleOrdered is for commands whose order matters. Its context ends when
// the page cancels the call or goes away; SessionFrom and Header read from it. Its result, or
// error, reaches the page after everything that the arguments' channels had accepted by then. When
// it returns, each of these channels is closed unless Keep was called on it. A returned *Error
// keeps its code and detail; a panic, or runtime.Goexit, rejects the call with CodePanic and is
// logged, also one of a method of the error. A result that is no JSON in UTF-8, as a
// json.RawMessage may be, or whose MarshalJSON panics, is CodeBadResult.
//
// When the page closes a channel, the command goes on: its context does not end, but Send and
// Receive give ErrClosedByPage. A handler that waits for something else, too, makes its context one
// of the channel, ctx = args.Updates.Context(ctx), which ends then. It returns nil, or the error,
// which rejects the call with CodeChannelClosed: so the page knows its own close from a failure.
//
// Handle panics when the name is taken, or has more than 1024 bytes, or the engine or fn is nil, as
// registering a pattern does in net/http.
func Handle[Args, Result any](e *Engine, name string,
	fn func(ctx context.Context, args Args) (Result, error)) {
	HandleWith(e, name, CommandOptions{}, fn)
}

// HandleWith is Handle with options. It panics when Handle does, or MaxArgs is negative.
func HandleWith[Args, Result any](
	e *Engine, name string, o CommandOptions, fn func(ctx context.Context, args Args) (Result,
		error),
) {
	register(e, &command{CommandOptions: o, name: name}, fn)
}

// register adds a command with its handler.
func register[Args, Result any](e *Engine, c *command,
	fn func(ctx context.Context, args Args) (Result, error)) {
	switch {
	case e == nil:
		panic(fmt.Sprintf("transport: command %q is registered at a nil engine", c.name))
	case fn == nil:
		panic(fmt.Sprintf("transport: command %q is registered with a nil function", c.name))
	case c.MaxArgs < 0:
		panic(fmt.Sprintf("transport: command %q is registered with MaxArgs %d", c.name, c.MaxArgs))
	}
	_, c.raw = any((*Args)(nil)).(*[]byte)
	c.run = func(ctx context.Context, inv *invocation) (answer, error) {
		var args Args
		if err := inv.decode(&args); err != nil {
			return answer{}, err
		}
		result, err := fn(ctx, args)
		if err != nil {
			return answer{}, err
		}
		if b, ok := any(result).([]byte); ok {
			return answer{raw: true, data: b}, nil
		}
		data, err := encode(e.opt.Codec, nil, result)
		if err != nil {
			if f := (*appcode.Failure)(nil); errors.As(err, &f) {
				inv.s.log.Error("command's result panicked", "command", c.name, "panic", f.Panic,
					"stack", f.Stack)
			}
			return answer{}, &Error{
				CodeBadResult,
				fmt.Sprintf("the result of command %q can't be encoded: %v", c.name,
					err), nil,
			}
		}
		return answer{data: data}, nil
	}
	if len(c.name) > maxCommandName {
		panic(fmt.Sprintf("transport: the name of command %.40q… has %d bytes, the limit is %d",
			c.name,
			len(c.name), maxCommandName))
	}
	if _, taken := e.commands.LoadOrStore(c.name, c); taken {
		panic(fmt.Sprintf("transport: command %q is registered twice", c.name))
	}
}

// guard runs what calls functions of the app for an invocation. A panic, or the end of its
// goroutine, is an error.
func (inv *invocation) guard(f func(*invocation) error) {
	returned := false
	defer appcode.Catch(&returned, func(f *appcode.Failure) {
		inv.s.log.Error("command panicked", "command", inv.name, "panic", f.Panic, "stack", f.Stack)
		inv.err = &Error{
			CodePanic,
			fmt.Sprintf("command %q panicked, or ended its goroutine: see the app's log", inv.name),
			nil,
		}
	})
	if err := f(inv); err != nil {
		inv.err = inv.explain(crossing(inv.s.log.With("command", inv.name), err))
	}
	returned = true
}

// askFirst asks the command's Permit.
func (inv *invocation) askFirst() error { return inv.command.Permit(inv.ctx) }

// handle runs the handler.
func (inv *invocation) handle() (err error) {
	switch {
	case inv.command != nil:
		inv.result, err = inv.command.run(inv.ctx, inv)
		return err
	case inv.s.calls.unknown != nil:
		if err := inv.s.calls.unknown(inv.name); err != nil {
			return err
		}
	}
	return &Error{CodeUnknownCommand, fmt.Sprintf("there is no command %q", inv.name), nil}
}

// inlineBody is the largest raw result that stands in its result frame. Longer ones have a
// lane of their own, so that lane 0 stays short.
const inlineBody = 64 << 10

// reply sends a result or an error on lane 0.
func (inv *invocation) reply(ctx context.Context) error {
	s, a := inv.s, inv.result
	if inv.err != nil {
		return inv.replyError(ctx, inv.err)
	}
	if len(a.data) > s.opt.MaxMessage {
		return ErrTooLarge
	}
	if a.raw && len(a.data) > inlineBody {
		return inv.replyLane(a.data)
	}
	body := uint32(0)
	if a.raw {
		body = 1
	}
	payload := make([]byte, 0, 8+len(a.data))
	return inv.replyFrame(ctx, wire.Result, append(twoWords(payload, inv.id, body), a.data...))
}

func (inv *invocation) replyError(ctx context.Context, e *Error) error {
	payload, err := JSONCodec{}.Append(twoWords(nil, inv.id, 0), e)
	if err != nil {
		return err
	}
	return inv.replyFrame(ctx, wire.Error, payload)
}

// smallReply is the length up to which a reply may wait for lane 0 without being counted: there are
// at most Options.Pending.
const smallReply = 512

// replyFrame sends a reply on lane 0. One that finds no room there is counted while it waits.
func (inv *invocation) replyFrame(ctx context.Context, kind wire.Kind, payload []byte) error {
	s, l := inv.s, inv.s.lanes.control
	m := manner{answers: inv}
	if ctx == noWait {
		return l.sendAs(noWait, m, kind, payload)
	}
	inv.result, inv.err = answer{}, nil // the payload has it
	if len(payload) <= l.maxFrame(l.out.ring.Load()) {
		if err := l.sendAs(noWait, m, kind, payload); err != ErrFull {
			return err
		}
	}
	if n := int64(len(payload)); n > smallReply {
		if err := inv.roomForResult(n); err != nil {
			return err
		}
		defer s.budget.Give(budget.Results, n)
	}
	return l.sendAs(ctx, m, kind, payload)
}

// roomForResult counts a result that waits for the page, or waits for room until the page cancels
// the call or is gone. An *Error is what the page gets instead.
func (inv *invocation) roomForResult(n int64) error {
	err := inv.s.budget.Wait(inv.ctx, budget.Results, n)
	switch {
	case err == budget.ErrBacklog:
		return &Error{
			CodeBusy,
			fmt.Sprintf("the result of command %q found no room: the page takes none, and as "+
				"much as Options.SessionBytes waits for it already", inv.name),
			nil,
		}
	case err == ErrCanceled:
		return inv.canceled()
	}
	return err
}

// lastLane is the last number of a lane of Go's. A lane's number is not used again, since both
// sides tell from it whether a lane is new, open or gone. A session of ten large results a
// millisecond reaches it after two days.
const lastLane = 1<<32 - 2

// replyLane sends a large raw result on a lane of its own. The page must have seen the
// result frame first, so the lane has something to say only after that is in a batch.
func (inv *invocation) replyLane(data []byte) error {
	s := inv.s
	if n := s.lanes.downloads.Load(); n >= int64(2*s.opt.Pending) {
		return s.fail(wire.Broken("%d lanes of raw results, which the page does not close", n))
	}
	v := &slotValue{kind: wire.Bytes, data: data, n: 1, full: true}
	if err := inv.roomForResult(v.cost()); err != nil {
		return err
	}
	if err := s.lanes.control.takeTurn(s.ctx, s.calls.results); err != nil {
		s.budget.Give(budget.Results, v.cost())
		return err
	}
	if s.lanes.fromGo.Load() == lastLane {
		s.calls.results <- struct{}{}
		s.budget.Give(budget.Results, v.cost())
		s.end(&ClosedError{Reason: "the session has used all numbers of lanes: reload the page"})
		return s.Err()
	}
	l := newLane(s, s.lanes.fromGo.Add(2), s.opt.RingBytes)
	l.name = inv.name
	s.enter(l, &s.lanes.downloads)
	payload := twoWords(nil, inv.id, 2)
	payload = twoWords(payload, l.id, 0)
	payload = twoWords(payload, uint32(len(data)), 0)
	err := s.lanes.control.send(s.ctx, wire.Result, payload)
	s.calls.results <- struct{}{}
	if err == nil {
		err = s.lanes.control.wait(s.ctx, s.lanes.control.accepted(), false)
	}
	if err != nil {
		s.budget.Give(budget.Results, v.cost())
		l.finish(&ClosedError{Reason: "the result was not sent", Cause: err}, false)
		return err
	}
	l.out.valueBytes.Add(v.cost())
	inv.vacate()
	if !l.put(nil, v) { // it has ended meanwhile
		l.gave(v.cost())
		return l.err()
	}
	l.finish(&ClosedError{Reason: "the result was sent"}, true)
	return nil
}

// open are the calls whose arguments are being decoded.
var open = tickets.NewBook[*lane]()

// channels finds those that a call's arguments declare and the page has not passed.
var channels = missing.Finder{
	Channel: reflect.TypeFor[boundChannel](),
	Connected: func(channel any) bool {
		c, ok := channel.(boundChannel)
		return ok && c.bound() != nil
	},
}

// boundChannel is a *Channel or a *Stream, or a struct that embeds one.
type boundChannel interface{ bound() *lane }

// errEmbedded is the UnmarshalJSON of a channel that is not there.
var errEmbedded = errors.New("a nil *Channel or *Stream can't be decoded: a struct that embeds " +
	"one must embed the Channel or Stream itself, or name the field")

// decodeJSON stores the arguments in *args, connects the channels in them, and tells the page of
// each.
func (inv *invocation) decodeJSON(args any) error {
	body := inv.args.body
	var call *tickets.Call[*lane]
	if len(inv.args.lanes) > 0 && channels.MayHold(args) {
		call = open.Open(inv.args.lanes)
		defer open.Close(call)
		body = call.Mark(inv.args.body)
	}
	if err := decode(inv.s.opt.Codec, body, args); err != nil {
		return err
	}
	if err := channels.Check(args); err != nil {
		return err
	}
	if call != nil {
		for _, p := range call.Passed() {
			if !p.Found {
				continue
			}
			if err := inv.announce(p.Lane, p.Window); err != nil {
				return err
			}
		}
	}
	for _, l := range inv.args.opened {
		if err := inv.announce(l, 0); err != nil {
			return err
		}
	}
	return nil
}

// announce tells the page once that Go has taken the lane, and how much it may send.
func (inv *invocation) announce(l *lane, window int64) error {
	l.state.mu.Lock()
	news := !l.state.announced || window > l.in.window.Load()
	if news {
		l.state.announced = true
		l.in.window.Store(window)
	}
	l.state.mu.Unlock()
	if !news {
		return nil
	}
	payload := twoWords(make([]byte, 0, 16), l.id, 0)
	return inv.s.lanes.control.send(inv.s.ctx, wire.Open, twoWords(payload, uint32(window), 0))
}
