// Package fuzz holds the native fuzz targets: what a page sends, and what happens on the way, must
// never make Go panic, hang, hold more than its limits, or lose, repeat or reorder a message,
// whatever it is.
//
//   - FuzzOrdering runs programs of sends, reads, faults, ends and reloads on the real engine, in
//     fake time, and holds what arrives against a plain model: see operation for what a program
//     does.
//   - FuzzRing holds the ring against a plain model, FuzzFragments the putting together of
//     fragments.
//   - FuzzDecode, FuzzSession and FuzzFrames are what a page may send: bytes, one batch, and frames
//     in whole batches to commands and evals.
//   - FuzzPolicy reads policies. FuzzScriptValue and FuzzScriptJSON hold what package script writes
//     against a real engine: a Node process evaluates it and describes what it got.
//
// Program wirecases makes inputs on which the page's decoder must agree with Go's.
//
// The seeds are the golden vectors of the wire and testdata/fuzz, where each finding stays, too.
// make fuzz TIME=5m runs all of them; one alone:
//
//	go test -fuzz FuzzOrdering ./fuzz
package fuzz
