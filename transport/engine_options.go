package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/bits"
	"time"
	"unicode/utf8"

	"github.com/tailrace-go/tailrace/internal/appcode"
	"github.com/tailrace-go/tailrace/internal/loglimit"
)

// Options are an engine's settings. The zero value of each field is its default.
type Options struct {
	// RingBytes is the largest ring of a channel, in bytes, a power of two. The ring is made when
	// the channel is first used, of at most 64 KiB, and grows when it is full. A full ring of this
	// size blocks Send. Default 4 MiB: what the custom scheme has in flight at full speed, four
	// times over. Once the rings of a session hold a quarter, a half and three quarters of
	// SessionBytes, new ones have a 4th, a 16th and a 64th of it (at least 16 KiB).
	RingBytes int
	// ControlBytes is the ring of lane 0, a power of two; it is made when the session opens. Events
	// may use three quarters of it. Default 4 MiB, with SessionBytes below 64 MiB 1 MiB: with 1 MiB
	// less was on its way than the custom scheme takes, and 100-byte events were a fifth slower
	// (three interleaved pairs of runs: 486,000 against 601,000 a second).
	ControlBytes int
	// SessionBytes bounds the memory of one session: rings with their stamps, results, values of
	// Latest and scripts that the page has not taken, and what the page has sent and Go has not
	// taken. MemoryStats has all of it. When it is used up, a result waits in its command's
	// goroutine, no other command starts meanwhile, and what opens a ring, Eval and Latest get
	// ErrMemory. Default 512 MiB: about 1,300 busy channels.
	SessionBytes int
	// Window is how many bytes of a channel the page (or, upward, Go) may hold unconsumed.
	// At least twice MaxBatch. Default 4 MiB.
	Window int
	// MaxBatch is the largest batch in bytes, 16 KiB to 1 MiB and 16 KiB. A single message that a
	// page keeps holds its whole batch. Default 260 KiB: four messages of 64 KiB with their
	// headers; larger batches carry large messages up to a third faster, and make other channels
	// wait longer.
	MaxBatch int
	// MaxMessage is the largest message in bytes, in each direction. Default 64 MiB.
	MaxMessage int
	// Lanes is how many channels a session may have open. Default 16384.
	Lanes int
	// Pending is how many commands of a session may run at once. Default 4096.
	Pending int
	// Pulls is how many pulls the page keeps in flight, 1 to 8. Default 6. More are faster for
	// large messages with WebKitGTK (one sweep: 4, 6, 8 gave 109, 129, 138 MB/s, each within a
	// tenth), and more stands before what other channels have to say.
	Pulls int
	// Hold is the longest time that a pull is held. Default 20 s.
	Hold time.Duration
	// PostHold is how long a request that carries commands is held, so that a quick result
	// comes as its answer. Default 10 ms.
	PostHold time.Duration
	// ResendAfter is the age at which a batch without receipt is sent again once later
	// ones have theirs. Default 1 s.
	ResendAfter time.Duration
	// Codec encodes and decodes all messages, arguments and results that are not []byte.
	// Default JSONCodec.
	Codec Codec
	// Policy is asked before anything that a page does or that is done to it. Default: all is
	// allowed.
	Policy Policy
	// Logger gets what matters, at most so often, on a goroutine of its own; the package's comment
	// has the list. Default slog.Default().
	Logger *slog.Logger
}

// Sizes that bound the options.
const (
	minRing  = 16 << 10
	minBatch = 16 << 10
	maxBatch = 1<<20 + 16<<10 // a message of 1 MiB, or 16 of 64 KiB, with headers
)

// withDefaults checks o and returns a copy with the defaults filled in.
func (o Options) withDefaults() (Options, error) {
	fill(&o.RingBytes, 4<<20)
	fill(&o.SessionBytes, 512<<20)
	if o.SessionBytes < 64<<20 {
		fill(&o.ControlBytes, 1<<20)
	}
	fill(&o.ControlBytes, 4<<20)
	fill(&o.Window, 4<<20)
	fill(&o.MaxBatch, 260<<10)
	fill(&o.MaxMessage, 64<<20)
	fill(&o.Lanes, 16384)
	fill(&o.Pending, 4096)
	fill(&o.Pulls, 6)
	fill(&o.Hold, 20*time.Second)
	fill(&o.PostHold, 10*time.Millisecond)
	fill(&o.ResendAfter, time.Second)
	if o.Codec == nil {
		o.Codec = JSONCodec{}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.Logger = loglimit.New(o.Logger)
	var errs []error
	within := func(name string, v, low, high int) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("%s is %d, must be %d to %d", name, v, low, high))
		}
	}
	power := func(name string, v int) {
		if v > 0 && bits.OnesCount(uint(v)) != 1 {
			errs = append(errs, fmt.Errorf("%s is %d, must be a power of two", name, v))
		}
	}
	within("RingBytes", o.RingBytes, minRing, 512<<20)
	power("RingBytes", o.RingBytes)
	within("ControlBytes", o.ControlBytes, minRing, 64<<20)
	power("ControlBytes", o.ControlBytes)
	within("SessionBytes", o.SessionBytes, 1<<20, 1<<30)
	within("MaxBatch", o.MaxBatch, minBatch, maxBatch)
	if o.MaxBatch%8 != 0 {
		errs = append(errs, fmt.Errorf("MaxBatch is %d, must be a multiple of 8", o.MaxBatch))
	}
	within("Window", o.Window, 2*o.MaxBatch, 1<<30)
	within("MaxMessage", o.MaxMessage, 1<<10, 1<<30)
	within("Lanes", o.Lanes, 1, 1<<20)
	within("Pending", o.Pending, 1, 1<<20)
	within("Pulls", o.Pulls, 1, 8)
	if low := ringCost(o.ControlBytes) + 16*ringCost(minRing); int64(o.SessionBytes) < low {
		errs = append(
			errs, fmt.Errorf("SessionBytes is %d, must be at least %d for ControlBytes %d",
				o.SessionBytes, low, o.ControlBytes))
	}
	for name, d := range map[string]time.Duration{"Hold": o.Hold, "PostHold": o.PostHold,
		"ResendAfter": o.ResendAfter} {
		if d < 0 || d > time.Hour {
			errs = append(errs, fmt.Errorf("%s is %v, must be 0 to 1h", name, d))
		}
	}
	if v, ok := o.Policy.(interface{ Validate() error }); ok {
		errs = append(errs, v.Validate())
	}
	if err := errors.Join(errs...); err != nil {
		return o, fmt.Errorf("transport: options: %w", err)
	}
	return o, nil
}

// fill puts the default into a field that was left at zero.
func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// maxFrame is the largest payload of one frame; longer messages go as fragments. Half a batch
// leaves room for other lanes beside it, and always fits into an empty one.
//
// It is a multiple of 8, so that the fragments of a value that goes from its own memory need no
// padding.
func (o *Options) maxFrame() int { return (o.MaxBatch/2 - 64) &^ 7 }

// Codec turns values into messages and back. It must be safe for concurrent use. What it writes
// crosses as a json frame, so it must be one JSON value in UTF-8: what another codec than JSONCodec
// writes is checked, and refused with an error of the call. A codec that panics is an error of the
// call, too.
type Codec interface {
	// Append appends v's encoding to dst and returns the extended slice.
	Append(dst []byte, v any) ([]byte, error)
	// Decode stores the value that data encodes in *v. It must not keep data.
	Decode(data []byte, v any) error
}

// JSONCodec is encoding/json without HTML escaping: scripts never see these bytes as source.
type JSONCodec struct{}

var _ Codec = JSONCodec{}

// Append implements Codec.
func (JSONCodec) Append(dst []byte, v any) ([]byte, error) {
	w := appender{dst}
	e := json.NewEncoder(&w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return dst, err
	}
	if !utf8.Valid(w.b[len(dst):]) {
		return dst, errNotUTF8
	}
	return bytes.TrimSuffix(w.b, []byte{'\n'}), nil
}

// errNotUTF8 is what encoding/json lets pass: it checks the syntax of what a json.Marshaler gives,
// not its letters.
var errNotUTF8 = errors.New("a json.RawMessage, or what a MarshalJSON gave, is not UTF-8")

// encode has a codec append v, and checks what it wrote. A panic is an error.
func encode(c Codec, dst []byte, v any) (data []byte, err error) {
	returned := false
	defer appcode.Catch(&returned, func(f *appcode.Failure) { data, err = dst, f })
	data, err = c.Append(dst, v)
	if _, checked := c.(JSONCodec); !checked && err == nil &&
		(len(data) < len(dst) || !appcode.IsJSON(data[len(dst):])) {
		data, err = dst, appcode.ErrNoJSON
	}
	returned = true
	return data, err
}

// decode has a codec store the value of data in *v. A panic is an error.
func decode(c Codec, data []byte, v any) (err error) {
	returned := false
	defer appcode.Catch(&returned, func(f *appcode.Failure) { err = f })
	err = c.Decode(data, v)
	returned = true
	return err
}

// Decode implements Codec.
func (JSONCodec) Decode(data []byte, v any) error { return json.Unmarshal(data, v) }

// appender is an io.Writer that appends.
type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}
