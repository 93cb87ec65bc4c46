//go:build linux && (amd64 || arm64)

package shm

import "sync/atomic"

// shared32 and shared64 are atomic words that the other process uses, too. Doorbells need a store
// to be seen before a later load is made. The language promises that, but the race detector does
// not keep it for memory that is not Go's: there its Store is a plain one, which a processor may
// hold back behind the load. So a store is an exchange here, which is ordered with and without the
// detector, and without it costs the same on amd64.
type shared32 struct{ word *atomic.Uint32 }

func (s shared32) Load() uint32   { return s.word.Load() }
func (s shared32) Store(v uint32) { s.word.Swap(v) }

type shared64 struct{ word *atomic.Uint64 }

func (s shared64) Load() uint64   { return s.word.Load() }
func (s shared64) Store(v uint64) { s.word.Swap(v) }
