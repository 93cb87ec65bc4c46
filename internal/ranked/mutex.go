//go:build !ringdebug

package ranked

import "sync"

// Mutex is a mutex of rank R. The zero value is unlocked.
type Mutex[R Rank] struct{ sync.Mutex }
