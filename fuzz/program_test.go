package fuzz

import (
	"fmt"
	"strings"
)

// A program is what FuzzOrdering makes of its input: four bytes of settings, then steps of three
// bytes, an operation and two operands. Every input is a program: what an operation can't do, it
// leaves.
type program struct {
	settings [4]byte
	steps    []step
}

type step struct {
	op   operation
	a, b byte
}

// longest is how many steps of an input count.
const longest = 200

type operation byte

const (
	// the page opens a channel with a command: a says which kind, b the options
	opOpen    operation = iota
	opSend              // Go sends on channel a, size b, and waits for room
	opTrySend           // the same without waiting
	// Go sends a row of b%32 messages on channel a, of b/32 quarters of a kilobyte
	opBurst
	opCloseGo     // Go closes channel a, with an error if b is odd
	opReturn      // the command of channel a returns, with an error if b is odd
	opCancelSends // the contexts of the sends that wait on channel a end
	opRead        // the page takes up to b messages of channel a
	opReadAll     // the page takes all messages of all channels
	opSendUp      // the page sends on channel a, size b
	opReceive     // Go takes up to b messages of channel a
	opClosePage   // the page closes channel a
	opEvent       // an event, size b, bytes if a is odd
	opEventWait   // an event that waits for room
	opEval        // a script, size b
	opEvalResult  // a script with a result
	opRan         // a script that Go evaluates natively has run
	opOrdered     // the page calls an ordered command, of kind a, size b
	opEcho        // the page calls a command with a raw body of size b
	opCancel      // the page cancels its call a
	opFlush       // Go flushes the session, or channel a
	opNetwork     // all that is on its way arrives: a rounds of it
	opFate        // a fault for the next request that is carried by opNetwork
	opRequest     // request a reaches Go
	opRepeat      // a copy of request a reaches Go, or stays on its way
	opAnswer      // answer a reaches the page
	opFail        // request or answer a is lost
	opCut         // answer a arrives cut behind b/256 of it
	opTwice       // answer a is handled twice
	opTime        // time passes
	opReload      // the page is loaded again
	usual         // of these, of which an operand's byte names one

	// Go sends on a resumable channel, size b, and waits for room if a is odd
	opFeed operation = iota - 1
	// the page attaches to it, from where the one before stopped, or from the oldest if a is odd
	opResume
	operations
)

var operationNames = [operations]string{
	"open", "send", "try-send", "burst", "close-go", "return", "cancel-sends", "read", "read-all",
	"send-up", "receive", "close-page",
	"event", "event-wait", "eval", "eval-result", "ran", "ordered", "echo", "cancel", "flush",
	"network", "fate", "request", "repeat",
	"answer", "fail", "cut", "twice", "time", "reload", "feed", "resume",
}

func (s step) String() string { return fmt.Sprintf("%s %d %d", operationNames[s.op], s.a, s.b) }

func (p program) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "settings %v\n", p.settings)
	for i, s := range p.steps {
		fmt.Fprintf(&b, "%3d %v\n", i, s)
	}
	return b.String()
}

// unusual is the first byte that names an operation from usual on; the others name those before,
// again and again. So inputs stay what they were when operations are added.
const unusual = 256 / int(usual) * int(usual)

func decodeProgram(input []byte) program {
	var p program
	input = input[copy(p.settings[:], input):]
	for len(input) > 0 && len(p.steps) < longest {
		var three [3]byte
		input = input[copy(three[:], input):]
		op := operation(three[0]) % usual
		if int(three[0]) >= unusual {
			op = usual + operation(int(three[0])-unusual)%(operations-usual)
		}
		p.steps = append(p.steps, step{op, three[1], three[2]})
	}
	return p
}

func (p program) encode() []byte {
	b := append([]byte(nil), p.settings[:]...)
	for _, s := range p.steps {
		op := byte(s.op)
		if s.op >= usual {
			op += byte(unusual - int(usual))
		}
		b = append(b, op, s.a, s.b)
	}
	return b
}

// size is a message's: mostly short, sometimes of several fragments.
func size(b byte) int {
	n := int(b)
	switch {
	case n < 64:
		return n
	case n < 128:
		return (n - 64) * 37
	case n < 192:
		return (n - 128) * 260
	case n < 248:
		return (n - 190) * 1000
	}
	return (n - 240) * 9999
}

// Fates of a request that opNetwork carries.
const (
	loseRequest = iota
	cutRequest
	repeatRequest
	loseAnswer
	cutAnswer
	emptyAnswer
	repeatAnswer
	delayAnswer
	fates
)
