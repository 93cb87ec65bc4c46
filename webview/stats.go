package webview

import (
	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// Stats are the figures of an App. They are meant to be printed as JSON, too.
type Stats struct {
	// Name and Version are Options.Name and Options.Version.
	Name    string `json:"name"`
	Version string `json:"version"`
	// Windows are the app's open windows in the order of their opening, without the inspector.
	Windows []WindowStats `json:"windows"`
	// Inspector says that the inspector is open. Its session is one of the engine's.
	Inspector bool                  `json:"inspector"`
	Engine    transport.EngineStats `json:"engine"`
	// Resumables are the engine's resumable channels, by name.
	Resumables []transport.ResumableStats `json:"resumables"`
	Bus        bus.Stats                  `json:"bus"`
}

// WindowStats are the figures of one window.
type WindowStats struct {
	Label string `json:"label"`
	// Session is what its page has, nil if none is connected: it loads, is of a foreign origin, or
	// is gone.
	Session *transport.SessionStats `json:"session"`
}

// Stats returns the app's figures. It looks at every open channel. Any goroutine may call it.
func (a *App) Stats() Stats {
	st := Stats{
		Name: a.options.Name, Version: a.options.Version, Windows: []WindowStats{},
		Inspector: len(a.inspector()) > 0, Engine: a.engine.Stats(),
		Resumables: a.engine.Resumables(), Bus: a.bus.Stats(),
	}
	for _, w := range a.Windows() {
		ws := WindowStats{Label: w.label}
		if s := w.Session(); s != nil {
			figures := s.Stats()
			ws.Session = &figures
		}
		st.Windows = append(st.Windows, ws)
	}
	return st
}
