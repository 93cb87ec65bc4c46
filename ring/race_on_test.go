//go:build race

package ring

// shallower is how much shorter exhaustive sequences are under the race detector,
// which finds nothing more in one goroutine and is ten times slower.
const shallower = 1
