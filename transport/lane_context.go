package transport

import "context"

// lifetime ends with a lane. It is made when somebody asks for the first context: most lanes have
// none. Guarded by the lane's mu.
type lifetime struct {
	context.Context
	end context.CancelCauseFunc
}

// context is ctx that ends with the lane, too.
func (l *lane) context(ctx context.Context) context.Context {
	inner, cancel := context.WithCancelCause(ctx)
	l.state.mu.Lock()
	if err := l.err(); err != nil {
		l.state.mu.Unlock()
		cancel(err)
		return inner
	}
	if l.state.life.Context == nil {
		l.state.life.Context, l.state.life.end = context.WithCancelCause(context.Background())
	}
	life := l.state.life.Context
	l.state.mu.Unlock()
	stop := context.AfterFunc(life, func() { cancel(context.Cause(life)) })
	context.AfterFunc(inner, func() { stop() }) // nothing of it stays at the lane
	return inner
}

// endContexts ends the contexts of a lane that has its end.
func (l *lane) endContexts(e *ClosedError) {
	l.state.mu.Lock()
	end := l.state.life.end
	l.state.mu.Unlock()
	if end != nil {
		end(e)
	}
}
