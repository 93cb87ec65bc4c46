package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tailrace-go/tailrace/internal/contexts"
	"github.com/tailrace-go/tailrace/transport"
)

// Emit gives an event to all listeners of that name. It copies the payload: see the package's
// comment for what that may be; nil arrives as null. Errors: ErrName, ErrPayload, and nothing was
// emitted; or a *WindowError for each window and a *ListenerError for the Go listeners that had no
// room, joined, and all others got it.
func (b *Bus) Emit(name string, payload any) error {
	return b.emit(noWait, Any, name, payload, nil)
}

// EmitTo is Emit to the listeners that t reaches. ErrLabel and ErrTarget besides; a label that
// neither a window nor a listener in Go has gives a *WindowError with ErrNoWindow.
func (b *Bus) EmitTo(t Target, name string, payload any) error {
	return b.emit(noWait, t, name, payload, nil)
}

// EmitFilter is Emit to the listeners whose target accept accepts, and to those for Any. accept is
// called on this goroutine, once for each target that there is, before EmitFilter returns; when it
// panics, it has not accepted, and the error is an ErrTarget. For a window whose page is not ready
// it is asked about the window's own four targets.
func (b *Bus) EmitFilter(name string, payload any, accept func(Target) bool) error {
	return b.emitFilter(noWait, name, payload, accept)
}

// EmitContext is Emit that waits for room, in each window and queue that has none, until ctx ends;
// the others get the event first. A listener that waits for room in its own queue waits for ever.
// On the UI thread it refuses with ErrUIThread.
func (b *Bus) EmitContext(ctx context.Context, name string, payload any) error {
	return b.emit(contexts.OrBackground(ctx), Any, name, payload, nil)
}

// EmitToContext is EmitTo that waits like EmitContext.
func (b *Bus) EmitToContext(ctx context.Context, t Target, name string, payload any) error {
	return b.emit(contexts.OrBackground(ctx), t, name, payload, nil)
}

// EmitFilterContext is EmitFilter that waits like EmitContext.
func (b *Bus) EmitFilterContext(ctx context.Context, name string, payload any,
	accept func(Target) bool) error {
	return b.emitFilter(contexts.OrBackground(ctx), name, payload, accept)
}

// noWait is the context of calls that don't wait: ErrFull instead. It is compared, and can't come
// from the app.
var noWait = context.WithValue(context.Background(), noWaitKey{}, nil)

type noWaitKey struct{}

func (b *Bus) emitFilter(ctx context.Context, name string, payload any,
	accept func(Target) bool) error {
	if accept == nil {
		return fmt.Errorf("%w: EmitFilter needs a function", ErrTarget)
	}
	return b.emit(ctx, Any, name, payload, accept)
}

// emit checks and delivers one event. With noWait it does not wait.
func (b *Bus) emit(ctx context.Context, t Target, name string, value any,
	accept func(Target) bool) error {
	if err := checkName(name); err != nil {
		return err
	}
	if t != Any {
		if err := t.check(); err != nil {
			return err
		}
	}
	if ctx != noWait && b.opt.OnUI() {
		return fmt.Errorf("%w: event %q", ErrUIThread, name)
	}
	m := messages.Get().(*message)
	defer m.free()
	m.bus, m.target, m.name, m.body.value, m.filter.accept = b, t, name, value, accept
	return b.deliver(ctx, m)
}

// deliver gives a message to everybody: first without waiting, then, unless ctx is noWait, to those
// who had no room, so that one stalled window does not hold up the others.
func (b *Bus) deliver(ctx context.Context, m *message) error {
	b.figures.emits.Add(1)
	exists := !m.target.Kind.labelled()
	var failed failures
	for _, p := range *b.pages.Load() {
		exists = exists || p.label == m.target.Label
		if err := p.take(noWait, m); err != nil {
			if m.body.failed != nil {
				return err
			}
			failed.window(p, err, ctx != noWait)
		}
	}
	listeners, _ := b.names.Load(m.name)
	for _, l := range listeners {
		exists = exists || l.target.Label == m.target.Label
		if !m.reaches(l.target) {
			continue
		}
		if err := m.encode(); err != nil {
			return err
		}
		switch b.put(l, m.share()) {
		case queued:
			m.heard++
		case refused:
			failed.listeners = append(failed.listeners, l)
		}
	}
	if !exists && m.sticky == 0 {
		failed.errs = append(failed.errs, &WindowError{m.target.Label, ErrNoWindow})
	}
	if m.filter.failed != nil {
		failed.errs = append(failed.errs, m.filter.failed)
	}
	if failed.any() {
		return b.settle(ctx, m, &failed)
	}
	if m.heard == 0 {
		b.figures.unheard.Add(1)
	}
	return nil
}

// failures are those who did not get a message.
type failures struct {
	waiting   []*Page
	listeners []*listener
	errs      []error
}

func (f *failures) any() bool { return len(f.waiting)+len(f.listeners)+len(f.errs) > 0 }

// window notes a window's error; what waiting may help is tried again.
func (f *failures) window(p *Page, err error, again bool) {
	if again && (errors.Is(err, ErrFull) || errors.Is(err, transport.ErrTooLarge)) {
		f.waiting = append(f.waiting, p)
		return
	}
	f.errs = append(f.errs, &WindowError{p.label, err})
}

// settle waits for those without room, unless ctx is noWait, and makes the error of the rest.
func (b *Bus) settle(ctx context.Context, m *message, f *failures) error {
	for _, p := range f.waiting {
		if err := p.take(ctx, m); err != nil {
			f.errs = append(f.errs, &WindowError{p.label, err})
		}
	}
	if len(f.listeners) > 0 {
		e := &ListenerError{Name: m.name, Err: ErrQueueFull}
		for _, l := range f.listeners {
			if ctx != noWait {
				err := b.putContext(ctx, l, m.share())
				if err == nil {
					continue
				}
				e.Err = err
			}
			b.figures.overflows.Add(1)
			e.IDs = append(e.IDs, l.id)
		}
		if len(e.IDs) > 0 {
			b.logFull(e)
			f.errs = append(f.errs, e)
		}
	}
	return errors.Join(f.errs...)
}

// tellAgain is the least time between two records about full queues.
const tellAgain = 10 * time.Second

// logFull logs that listeners had no room for an event. It runs where that was emitted, which may
// be the UI thread.
func (b *Bus) logFull(e *ListenerError) {
	now, next := time.Now().UnixNano(), b.full.Load()
	if now >= next && b.full.CompareAndSwap(next, now+int64(tellAgain)) {
		b.log.Warn("bus: an event was refused: listeners' queues are full", "event", e.Name,
			"listeners", len(e.IDs), "refused", b.figures.overflows.Load())
	}
}
