// Package transporttest is the page's half of the wire in Go, over an in-memory carrier with
// faults: requests and answers can be lost, repeated, delayed, reordered and cut. It
// serves the tests of this module and of apps that want to test their commands without a window.
//
// Time passes only in timers, so a Page runs in a testing/synctest bubble with a clock of its own.
// What it waits for in vain is an error after Config.Patience, in such a bubble at once.
package transporttest
