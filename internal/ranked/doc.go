// Package ranked has mutexes with a rank. A goroutine that holds one may only take one of a higher
// rank, so no two goroutines wait for each other.
//
//	type receipts struct {
//		mu ranked.Mutex[ranked.Receipts]
//		…
//	}
//
// A build with the tag ringdebug checks each Lock: one out of order panics, with both ranks and
// where the other one was taken. Without the tag a Mutex is a sync.Mutex, at no cost.
package ranked
