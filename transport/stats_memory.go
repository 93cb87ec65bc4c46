package transport

import "github.com/tailrace-go/tailrace/transport/internal/budget"

// MemoryStats says what holds a session's memory, in bytes. Their sum is at most
// Options.SessionBytes, and a quarter more for what the page sends; besides, one result and one
// script may be larger than what is left.
type MemoryStats struct {
	// Rings are those of channels and of lane 0, with their stamps.
	Rings int64 `json:"rings"`
	// Lanes are what each lane takes beside its ring.
	Lanes int64 `json:"lanes"`
	// Messages of the page that Go has not received, Fragments of those that have not come whole,
	// Early batches that came before their turn, Requests that wait to be handled.
	Messages  int64 `json:"messages"`
	Fragments int64 `json:"fragments"`
	Early     int64 `json:"early"`
	Requests  int64 `json:"requests"`
	// Commands are those that run or wait, with their names, headers and bodies.
	Commands int64 `json:"commands"`
	// Results are those that wait for room in lane 0, and those over 64 KiB of raw bytes that the
	// page has not received.
	Results int64 `json:"results"`
	// Latest are the values of channels with Latest that the page has not received.
	Latest int64 `json:"latest"`
	// Scripts are the sources of evals that the page has not handled.
	Scripts int64 `json:"scripts"`
	// Readers are what pages at resumable channels have decoded.
	Readers int64 `json:"readers"`
	// Waiting is what results and scripts hold that wait for room. It is not part of the sum, and
	// at most as much again.
	Waiting int64 `json:"waiting"`
}

// memoryStats are the figures of a session's budget.
func memoryStats(b *budget.Budget) MemoryStats {
	of, waiting := b.Held()
	return MemoryStats{
		Rings: of[budget.Rings], Lanes: of[budget.Lanes], Messages: of[budget.Messages],
		Fragments: of[budget.Fragments], Early: of[budget.Early],
		Requests: of[budget.Requests], Commands: of[budget.Commands], Results: of[budget.Results],
		Latest:  of[budget.Latest],
		Scripts: of[budget.Scripts], Readers: of[budget.Readers], Waiting: waiting,
	}
}
