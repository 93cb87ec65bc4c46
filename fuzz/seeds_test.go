package fuzz

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the seeds")

// Settings of programs: how large rings and windows are, and what carries.
const (
	largeRings   = 3 // of byte 0; growing
	largeControl = 1 << 2
	largeWindow  = 1 << 3
	morePulls    = 3 << 4
	nativeEvals  = 1 // of byte 1
	manual       = 2 // nothing is carried but by the program's steps
	largeFrames  = 4 // batches and rings as apps have them
)

// Operands of opOpen: a, then b.
const (
	oneWay   = 1
	borrowed = 2
	latest   = 1
	ownRing  = 2
	kept     = 4
)

// Sizes: indexes of size.
const (
	empty   = 0
	short   = 40
	frame   = 170 // 10,920 bytes: in fragments in the smallest ring
	long    = 220 // 30,000
	largest = 255 // 149,985
)

// Beside the channel in a.
const (
	otherSends = 0x80 // the second sender
	waits      = 0x40 // opBurst: it waits for room
)

// seeds are programs that mean something, as the fuzzer's beginning.
var seeds = map[string]program{
	"plain": {[4]byte{}, []step{
		{opOpen, 0, 0}, {opNetwork, 3, 0}, {opSend, 0, short}, {opTrySend, 0, empty},
		{opSend, 0, frame}, {opSend, otherSends, short},
		{opSendUp, 0, long}, {opSendUp, 0, empty}, {opNetwork, 3, 0}, {opReceive, 0, 9},
		{opReadAll, 0, 0}, {opReturn, 0, 0},
	}},
	"full-ring": {[4]byte{}, []step{
		{opOpen, oneWay, 0}, {opNetwork, 3, 0}, {opSend, 0, long}, {opSend, otherSends, long},
		{opBurst, 0, 0xff}, {opBurst, 0, 0xff},
		{opSend, 0, frame}, {opCancelSends, 0, 0}, {opSend, 0, long}, {opNetwork, 7, 0},
		{opRead, 0, 3}, {opNetwork, 7, 0}, {opCloseGo, 0, 1},
	}},
	"growth": {[4]byte{largeRings | largeWindow, 0}, []step{
		{opOpen, 0, 0}, {opNetwork, 3, 0}, {opSend, 0, largest}, {opSend, otherSends, short},
		{opSend, 0, largest}, {opBurst, otherSends, 0xff},
		{opFate, loseAnswer, 0}, {opNetwork, 5, 0}, {opFate, loseRequest, 0}, {opReadAll, 0, 0},
		{opNetwork, 7, 0}, {opReturn, 0, 1},
	}},
	"slow-page": {[4]byte{}, []step{
		{opOpen, 0, 0}, {opOpen, borrowed, 0}, {opNetwork, 3, 0}, {opSend, 0, long},
		{opSend, 1, long}, {opSend, 0, long}, {opSend, 1, long},
		{opEvent, 0, short}, {opNetwork, 7, 0}, {opRead, 1, 1}, {opNetwork, 7, 0},
		{opEval, 0, short}, {opRead, 0, 1}, {opNetwork, 7, 0}, {opTime, 0, 12},
	}},
	"latest": {[4]byte{}, []step{
		{opOpen, 0, latest}, {opNetwork, 3, 0}, {opSend, 0, short}, {opSend, 0, frame},
		{opNetwork, 0, 0}, {opSend, 0, long}, {opSend, 0, largest},
		{opSend, 0, short}, {opFate, cutAnswer + 3*fates, 0}, {opNetwork, 4, 0}, {opSend, 0, short},
		{opReturn, 0, 0},
	}},
	"faults": {[4]byte{morePulls, 0}, []step{
		{opFate, repeatRequest, 0}, {opFate, cutRequest, 0}, {opFate, delayAnswer + 20*fates, 0},
		{opFate, emptyAnswer, 0}, {opFate, repeatAnswer, 0},
		{opOpen, 0, 0}, {opNetwork, 7, 0}, {opBurst, 0, 0x3f}, {opSend, 0, frame},
		{opFate, loseAnswer, 0}, {opFate, loseAnswer, 0}, {opFate, cutAnswer + 9*fates, 0},
		{opSendUp, 0, frame}, {opNetwork, 7, 0}, {opBurst, 0, 0x7f}, {opNetwork, 7, 0},
		{opSendUp, 0, short}, {opTime, 0, 11}, {opReadAll, 0, 0},
	}},
	"reorder": {[4]byte{morePulls, manual}, []step{
		{opOpen, 0, 0}, {opNetwork, 7, 0}, {opNetwork, 7, 0}, {opSend, 0, frame},
		{opSend, 0, frame}, {opSend, 0, short}, {opSend, 0, frame},
		{opAnswer, 2, 0}, {opAnswer, 1, 0}, {opTwice, 0, 0}, {opSend, 0, short}, {opRepeat, 0, 0},
		{opRepeat, 1, 1}, {opSend, 0, frame},
		{opRequest, 1, 0}, {opCut, 0, 99}, {opFail, 0, 0}, {opRequest, 0, 0}, {opSend, 0, short},
		{opFail, 2, 0}, {opAnswer, 0, 0}, {opTime, 0, 11},
	}},
	"silent-gap": {[4]byte{morePulls, manual}, []step{
		{opOpen, 0, 0}, {opNetwork, 7, 0}, {opSend, 0, frame}, {opSend, 0, frame},
		{opSend, 0, frame}, {opAnswer, 1, 0}, {opAnswer, 1, 0},
		{opRequest, 0, 0}, {opRequest, 0, 0}, {opTime, 0, 11}, {opTime, 0, 11}, {opSend, 0, short},
		{opAnswer, 1, 0}, {opRequest, 0, 0},
	}},
	"given-up": {[4]byte{
		0, manual,
	}, append([]step{{opOpen, 0, 0}, {opNetwork, 7, 0}, {opSend, 0, short}}, repeated(20,
		step{opCut, 0, 128}, step{opRequest, 0, 0})...)},
	"lane-0": {[4]byte{}, []step{
		{opEvent, 1, short}, {opEval, 0, short}, {opEventWait, 0, long}, {opEvent, 0, frame},
		{opEvalResult, 0, short}, {opEval, 0, frame},
		{opOrdered, 0, short}, {opEventWait, 1, long}, {opEventWait, 0, short}, {opEcho, 0, 250},
		{opOrdered, 0, frame}, {opNetwork, 7, 0}, {opEvent, 0, short},
	}},
	"native": {[4]byte{0, nativeEvals}, []step{
		{opEvent, 0, short}, {opEval, 0, short}, {opEvent, 0, short}, {opEvalResult, 0, short},
		{opNetwork, 3, 0}, {opOrdered, 0, short}, {opRan, 0, 0},
		{opOpen, 0, 0}, {opNetwork, 3, 0}, {opSend, 0, short}, {opEval, 0, short}, {opEcho, 0, 253},
		{opRan, 0, 0}, {opNetwork, 2, 0}, {opEvalResult, 0, frame},
	}},
	"commands": {[4]byte{}, []step{
		{opOrdered, 0, short}, {opEcho, 0, short}, {opOrdered, 0, short}, {opEcho, 0, 252},
		{opOrdered, 0, largest}, {opFate, loseAnswer, 0}, {opCancel, 1, 0},
		{opFate, loseRequest, 0}, {opNetwork, 7, 0}, {opEcho, 0, frame}, {opOrdered, 0, 0},
		{opNetwork, 7, 0}, {opCancel, 3, 0},
	}},
	"ends": {[4]byte{}, []step{
		{opOpen, 0, 0}, {opOpen, oneWay, kept}, {opOpen, 0, kept | latest},
		{opOpen, borrowed,
			ownRing}, {opNetwork, 3, 0}, {opSend, 0, long}, {opSend, 1, long},
		{opSend, 2, long}, {opSendUp, 0, long}, {opSendUp, 3, short}, {opClosePage, 0, 0},
		{opCloseGo, 1, 1}, {opReturn, 2, 0}, {opSend, 3, frame}, {opClosePage, 3, 0},
		{opNetwork, 3, 0}, {opReceive, 3, 9}, {opSend, 2, short}, {opReadAll, 0, 0},
	}},
	"reload": {[4]byte{largeControl, 0}, []step{
		{opOpen, 0, 0}, {opNetwork, 3, 0}, {opSend, 0, largest}, {opSendUp, 0, largest},
		{opEventWait, 0, long}, {opEvalResult, 0, short}, {opFlush, 0, 0},
		{opReload, 0, 0}, {opEvent, 0, short}, {opOpen, 0, 0}, {opNetwork, 3, 0},
		{opSend, 0, short}, {opFlush, 1, 0}, {opNetwork, 7, 0}, {opReturn, 0, 0},
	}},
	"large-frames": {[4]byte{0, largeFrames}, []step{
		{opOpen, 0, 0}, {opOpen, borrowed, latest}, {opNetwork, 3, 0}, {opSend, 0, largest},
		{opSend, 0, short}, {opFate, loseAnswer, 0}, {opSend, 0, largest},
		{opSend, 1, largest}, {opSend, 0, long}, {opNetwork, 3, 0}, {opEcho, 0, largest},
		{opEventWait, 1, largest}, {opNetwork, 3, 0}, {opReadAll, 0, 0},
	}},
	"many-posts": {[4]byte{morePulls | largeWindow, manual}, []step{
		{opOpen, 0, 0}, {opOpen, 0, 0}, {opSendUp, 0, long}, {opOrdered, 0, short},
		{opNetwork, 0, 0}, {opRequest, 0, 0}, {opNetwork, 5, 0}, {opSendUp, 0, long},
		{opSendUp, 1, long}, {opOrdered, 0, frame}, {opSendUp, 0, short}, {opRequest, 5, 0},
		{opRequest, 4, 0}, {opRepeat, 3, 1}, {opRequest, 3, 0}, {opRequest, 2, 0},
		{opFail, 1, 0}, {opReceive, 0, 2}, {opNetwork, 3, 0},
	}},
	"window": {[4]byte{largeRings, 0}, []step{
		{opOpen, oneWay, 0}, {opNetwork, 3, 0}, {opBurst, waits, 0xff}, {opNetwork, 7, 0},
		{opBurst, waits | otherSends, 0xff}, {opNetwork, 7, 0}, {opRead, 0, 3},
		{opNetwork, 3, 0}, {opRead, 0, 5}, {opNetwork, 3, 0}, {opRead, 0, 1}, {opNetwork, 3, 0},
		{opFate, loseRequest, 0}, {opRead, 0, 7}, {opNetwork, 3, 0},
	}},
	"resume": {[4]byte{}, []step{
		{opFeed, 0, short}, {opFeed, 1, long}, {opFeed, 0, 0}, {opResume, 0, 0}, {opNetwork, 7, 0},
		{opReadAll, 0, 0}, {opFeed, 1, frame}, {opFate, loseAnswer, 0},
		{opNetwork, 2, 0}, {opReload, 0, 0}, {opFeed, 1, long}, {opResume, 0, 0}, {opNetwork, 3, 0},
		{opReload, 0, 0}, {opFeed, 0, short}, {opResume, 1, 0}, {opNetwork, 4, 0},
	}},
	"resume-full": {[4]byte{}, append(repeated(12, step{opFeed, 1, 247}), []step{
		{opNetwork, 1, 0}, {opResume, 0, 0}, {opNetwork, 7, 0}, {opReadAll, 0, 0}, {opReload, 0, 0},
		{opFeed, 0, 247}, {opResume, 0, 0}, {opNetwork, 7, 0},
	}...)},
	"late-credit": {[4]byte{0, 0}, []step{
		{opOpen, 0, 0}, {opNetwork, 3, 0}, {opSend, 0, long}, {opSend, 0, long}, {opSend, 0, long},
		{opNetwork, 3, 0}, {opFate, loseRequest, 0}, {opRead, 0, 9},
		{opFate, loseRequest, 0}, {opNetwork, 1, 0}, {opTime, 0, 14}, {opSendUp, 0, long},
		{opSendUp, 0, long}, {opSendUp, 0, long}, {opReceive, 0, 1}, {opNetwork, 3, 0},
	}},
}

func repeated(n int, steps ...step) []step {
	var all []step
	for range n {
		all = append(all, steps...)
	}
	return all
}

// seedsOf are those of the other targets, as Go values of their arguments.
var seedsOf = map[string]map[string][]string{
	"FuzzRing": { // settings, start; then pairs of an operation and its operand
		"out-of-order": {bytesLine(1, 0, 0, 20, 0, 30, 0, 10, 3, 2, 7, 0, 3, 1, 6, 0, 3, 0, 5,
			255, 8, 0, 7, 0, 0, 40, 3, 0, 5, 255, 8, 0)},
		"wrap": {bytesLine(0, 0, 0, 120, 3, 0, 5, 99, 0, 60, 3, 0, 5, 99, 8, 1, 0, 120,
			7, 0, 3, 0, 5, 99, 5, 99, 8, 0, 0, 0, 3, 0, 5, 99)},
		"wait-and-release": {bytesLine(1, 0, 0, 120, 0, 100, 9, 80, 9, 30, 0, 1, 3, 0, 5, 255, 8, 0,
			3, 0, 3, 0, 5, 255, 8, 0, 11, 5, 3, 0, 5, 255, 8, 0)},
		"low-and-headroom": {bytesLine(1|4|16, 0, 1, 60, 1, 60, 1, 60, 10, 50, 9, 90, 2, 8, 2, 8, 3,
			0, 3, 0, 3, 0, 5, 255, 8, 0, 5, 255, 8, 0, 11, 9)},
		"close-with-waits": {bytesLine(0, 0, 0, 120, 9, 120, 10, 99, 9, 2, 7, 0, 11, 0, 0, 1, 3, 0,
			5, 255, 8, 0, 7, 0)},
		"positions-wrap": {bytesLine(64, 1, 0, 99, 3, 0, 5, 99, 8, 0, 0, 99, 3, 0, 5, 99, 8, 0, 0,
			99, 3, 0, 7, 0, 5, 99, 8, 0)},
	},
	"FuzzFragments": { // kind, lane and own kind; length; announced; then the bytes
		"whole": {bytesLine(0x24, 2, 6, 0, 'a', 'b', 5, 2, 0, 0, 'c', 'd', 6, 2, 0, 0, 'e',
			'f')},
		"aborted":  {bytesLine(0x24, 1, 6, 0, 'a', 7, 0, 0, 0, 0x14, 0, 0, 0, 6, 0, 0, 0)},
		"too-long": {bytesLine(0x24, 2, 3, 0, 'a', 'b', 5, 2, 0, 0, 'c', 'd')},
		"lane-0":   {bytesLine(0x50, 2, 4, 0, 'a', 'b', 2, 2, 0, 0, 'c', 'd')},
		"empty":    {bytesLine(0x24, 0, 0, 0, 6, 0, 0, 0, 0x24, 0, 0, 0, 0x24, 0, 0, 0)},
	},
	"FuzzFrames": { // slot, receipt or credit, frames; then lane, kind and what they need
		"stream": {bytesLine(0, 99, 1, 0, 5, 0, 0, 1, 0, 0, 1, 1, 4, '"', 'x', 'y', '"', 1, 99, 0,
			1, 2, 3, 'a', 'b', 'c', 2, 99, 0, 1, 10, 0)},
		"borrowed": {bytesLine(0, 99, 0, 0, 5, 1, 0, 1, 1, 0, 1, 20, 3, 2, 0, 99, 0, 3, 1, 2, '{',
			'}')},
		"ordered": {bytesLine(0, 99, 2, 0, 5, 4, 0, 1, 2, 0, 0, 5, 5, 0, 2, 2, 0, 0, 8, 1, 0, 0, 1,
			99, 0, 0, 5, 2, 0, 3, 2, 0)},
		"body-lane": {bytesLine(0, 99, 2, 0, 5, 3, 0, 1, 3, 0, 5, 2, 9, '1', '2', '3', '4', '5',
			'6', '7', '8', '9', 5, 10, 0,
			1, 99, 1, 0, 5, 6, 0, 2, 3, 0, 7, 11, 40, 2, 20, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h',
			'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't')},
		"native": {bytesLine(0, 1, 0, 0, 6, 1, 3, 0, 1, 99, 0, 0, 6, 2, 0, 1, '7', 2, 99, 0, 0, 6,
			3, 3, 0, 3, 99, 0, 0, 7, 4, 0, 26, '{', '"', 'm', '"', ':', '"', 'x', '"', '}')},
		"patched": {bytesLine(0, 99, 0, 0, 5, 0, 200, 3, 'x', 'y', 'z', 1, 0, 0)},
	},
	"FuzzPolicy": {
		"wide-and-denied": {
			bytesLine([]byte(`{"rules":[{"windows":["*"],"origins":["*"],"allow":["*"],` +
				`"deny":["command:a*","eval"]}]}`)...),
			`string("main")`, `string("tailrace://localhost")`, `string("abc")`,
		},
	},
	"FuzzDecode": {
		"credits-and-batch-0": {
			bytesLine([]byte("TRL1\x48\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
				"\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00" +
				"\x02\x00\x00\x00\x07\x00\x00\x00\x20\x4e\x00\x00\x00\x00\x00\x00" +
				"\x03\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00" +
				"\x00\x00\x00\x00\x00\x00\x00\x00")...), "bool(true)",
		},
	},
}

func bytesLine(b ...byte) string { return fmt.Sprintf("[]byte(%q)", b) }

// TestSeeds: the corpus in the tree holds these programs and inputs. With -update it writes them.
func TestSeeds(t *testing.T) {
	seedsOf["FuzzOrdering"] = make(map[string][]string)
	for name, p := range seeds {
		seedsOf["FuzzOrdering"][name] = []string{bytesLine(p.encode()...)}
	}
	for target, all := range seedsOf {
		for name, values := range all {
			checkSeed(t, filepath.Join("testdata", "fuzz", target, "seed-"+name),
				"go test fuzz v1\n"+strings.Join(values, "\n")+"\n")
		}
	}
}

func checkSeed(t *testing.T, file, want string) {
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("%s is not what the program gives (%v): go test -run TestSeeds -update ./fuzz",
			file, err)
	}
}
