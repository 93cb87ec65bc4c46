// Package fuzz holds the native fuzz targets: what a page sends must never make Go panic, hang or hold
// more than its limits, whatever it is. The seeds are the golden vectors of the wire, and
// each finding stays under testdata. What package script writes is held against a real engine: a Node
// process evaluates it and describes what it got.
//
//	go test -fuzz FuzzDecode ./fuzz
//	go test -fuzz FuzzScriptValue ./fuzz
package fuzz
