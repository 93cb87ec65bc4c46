package wire

import "strconv"

// Kind says what a frame is.
type Kind uint8

// The kinds of frames. WIRE.md lists their lanes, directions and payloads.
const (
	JSON   Kind = 1
	Bytes  Kind = 2
	Event  Kind = 3
	Eval   Kind = 4
	Invoke Kind = 5
	Result Kind = 6
	Error  Kind = 7
	Cancel Kind = 8
	Open   Kind = 9
	Close  Kind = 10
	Begin  Kind = 11
	Middle Kind = 12
	End    Kind = 13
	Abort  Kind = 14
)

// Direction says who sends.
type Direction uint8

// Down is from Go to the page, Up from the page to Go. A rule that holds for
// both is the two of them together.
const (
	Down Direction = 1
	Up   Direction = 2
	both           = Down | Up
)

// where says on which lanes a kind may stand.
type where uint8

const (
	control    where = 1
	channel    where = 2
	everywhere       = control | channel
)

// grammar says for each kind its name and where it may stand. A kind without a
// direction is unknown.
var grammar = [...]struct {
	name      string
	direction Direction
	lanes     where
}{
	JSON:   {"json", both, channel},
	Bytes:  {"bytes", both, channel},
	Event:  {"event", Down, control},
	Eval:   {"eval", Down, control},
	Invoke: {"invoke", Up, control},
	Result: {"result", both, control},
	Error:  {"error", both, control},
	Cancel: {"cancel", Up, control},
	Open:   {"open", Down, control},
	Close:  {"close", both, channel},
	Begin:  {"begin", both, everywhere},
	Middle: {"middle", both, everywhere},
	End:    {"end", both, everywhere},
	Abort:  {"abort", both, everywhere},
}

func (k Kind) String() string {
	if int(k) < len(grammar) && grammar[k].name != "" {
		return grammar[k].name
	}
	return "kind " + strconv.Itoa(int(k))
}

// Whole reports whether a frame of this kind is a message of its own: not a
// close and no part of a fragmented message. Only such a kind can be fragmented.
func (k Kind) Whole() bool { return k < Close }

// Allowed reports whether a frame of this kind may stand on that lane in that direction.
func (k Kind) Allowed(d Direction, lane uint32) bool {
	if int(k) >= len(grammar) {
		return false
	}
	w := channel
	if lane == 0 {
		w = control
	}
	return grammar[k].direction&d != 0 && grammar[k].lanes&w != 0
}
