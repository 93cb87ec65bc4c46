package fuzz

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// FuzzFrames: whatever frames a page sends in whole batches, to commands of each sort, to evals
// that wait for a value and to such that it has Go evaluate, each request is answered; the session
// ends with the rule that was broken, or still works; and nothing of it stays behind.
func FuzzFrames(f *testing.F) {
	f.Fuzz(func(t *testing.T, input []byte) {
		var err error
		synctest.Test(t, func(*testing.T) { err = runFrames(input) })
		if err != nil {
			t.Fatal(err)
		}
	})
}

// hostile is a page that keeps to the order of batches and to little else.
type hostile struct {
	pulls    *pulls.Carrier
	session  *transport.Session
	number   uint64
	next     map[uint32]uint64
	request  [8]uint32
	answered int
	asked    int
}

func runFrames(input []byte) error {
	e, err := transport.NewEngine(transport.Options{
		Logger: silent, SessionBytes: 2 << 20, ControlBytes: 32 << 10, RingBytes: 16 << 10,
		MaxBatch: 16 << 10, Window: 32 << 10, MaxMessage: 64 << 10,
		Pending: 4, Lanes: 3,
	})
	if err != nil {
		return err
	}
	transport.Handle(e, "s", func(ctx context.Context, a struct {
		S *transport.Stream[[]byte, any]
	}) (any, error) {
		return a.S.Receive(ctx)
	})
	transport.Handle(e, "raw", func(_ context.Context, b []byte) ([]byte, error) { return b, nil })
	transport.HandleOrdered(e, "o", func(_ context.Context, a json.RawMessage) (json.RawMessage,
		error) {
		return a, nil
	})
	transport.HandleOrdered(e, "w", func(_ context.Context, b []byte) ([]byte, error) {
		return b, nil
	})
	h := &hostile{pulls: pulls.New("fuzz"), next: make(map[uint32]uint64)}
	h.session, err = e.Open(transport.SessionConfig{Carrier: h.pulls,
		NativeEval: func(id uint32, js string, _ bool) {
			h.session.NativeEvaluated(id, []byte(`1`), nil)
		}})
	if err != nil {
		return err
	}
	for n := range 3 { // ids 1 to 6
		if err := h.session.Eval(fmt.Sprint("quiet", n)); err != nil {
			return err
		}
		go func() { _, _ = h.session.EvalResult(context.Background(), "value") }()
		synctest.Wait()
	}
	h.pull()
	for n := 0; len(input) > 0 && n < 40; n++ {
		input = h.batch(input)
		synctest.Wait()
	}
	if h.session.Err() == nil {
		h.works()
	}
	var rule *wire.RuleError
	if err := h.session.Err(); err != nil && !errors.As(err, &rule) {
		return fmt.Errorf("the session ended with %w", err)
	}
	left := transporttest.Leftovers(h.session)
	synctest.Wait()
	if h.answered != h.asked {
		return fmt.Errorf("%d of %d requests were answered", h.answered, h.asked)
	}
	return left
}

// ask sends a batch.
func (h *hostile) ask(header wire.Header, runs []byte) {
	h.request[header.Slot]++
	header.Request = h.request[header.Slot]
	h.asked++
	batch := wire.Finish(append(wire.AppendHeader(nil, &header), runs...))
	h.pulls.Request(batch, func(pulls.Answer) { h.answered++ })
	synctest.Wait()
}

func (h *hostile) pull() { h.ask(wire.Header{Slot: 1, Hold: 20_000}, nil) }

// works calls a command as a good page does; if it fails, the page has broken a rule before.
func (h *hostile) works() {
	h.number++
	h.ask(wire.Header{Slot: 7, Number: h.number}, wire.AppendRun(nil, 0, h.next[0],
		wire.Frame{Kind: wire.Invoke, Payload: invoke(1<<20, `{"cmd":"o","body":"json"}`, "1")}))
}

func invoke(id uint32, envelope, body string) []byte {
	p := binary.LittleEndian.AppendUint32(nil, id)
	p = binary.LittleEndian.AppendUint32(p, uint32(len(envelope)))
	return append(append(p, envelope...), body...)
}

// envelopes are what invokes begin with; the input takes one, and may change it.
var envelopes = []string{
	`{"cmd":"s","channels":[1],"body":"json"}`,
	`{"cmd":"s","channels":[3],"borrow":[3],"body":"json"}`, `{"cmd":"raw","body":"bytes"}`,
	`{"cmd":"raw","body":"lane","lane":5,"length":9}`, `{"cmd":"o","body":"json"}`,
	`{"cmd":"w","body":"bytes"}`,
	`{"cmd":"w","body":"lane","lane":7,"length":40}`,
	`{"cmd":"o","channels":[9],"body":"json","headers":{"a":"b"}}`,
}

var bodies = []string{`{"S":"__CHANNEL__:1"}`, `{"S":"__CHANNEL__:3"}`, "123456789", ""}

// batch makes one of the next bytes of the input, and gives the rest.
func (h *hostile) batch(input []byte) []byte {
	take := func() byte {
		if len(input) == 0 {
			return 0
		}
		b := input[0]
		input = input[1:]
		return b
	}
	bytesOf := func(n int) []byte {
		n = min(n, len(input))
		b := input[:n]
		input = input[n:]
		return b
	}
	h.number++
	header := wire.Header{Slot: 2 + uint32(take()%5), Number: h.number}
	if b := take(); b < 16 {
		header.Receipt = uint64(b)
	} else if b < 32 {
		header.Credits = []wire.Credit{{Lane: uint32(take()) % 10, Total: uint64(take()) * 8}}
	}
	var runs []byte
	for range take()%4 + 1 {
		lane := uint32(take()) % 10
		var payload []byte
		kind := wire.Kind(take() % 16)
		switch {
		case lane == 0 && kind == wire.Invoke:
			envelope := []byte(envelopes[take()%byte(len(envelopes))])
			if at := take(); at > 128 {
				patch := bytesOf(int(take() % 16))
				at := int(at) % len(envelope)
				envelope = append(bytes.Clone(envelope[:at]),
					append(bytes.Clone(patch), envelope[min(len(envelope), at+len(patch)):]...)...)
			}
			payload = invoke(uint32(take()), string(envelope), bodies[take()%byte(len(bodies))]+
				strings.Repeat("x", int(take())/8*8))
		case lane == 0:
			payload = binary.LittleEndian.AppendUint32(nil, uint32(take()))
			payload = binary.LittleEndian.AppendUint32(payload, uint32(take()&3))
			payload = append(payload, bytesOf(int(take()%32))...)
		case kind == wire.Begin:
			payload = make([]byte, wire.BeginSize)
			wire.PutBegin(payload, int(take()), wire.Kind(take()%16))
			payload = append(payload, bytesOf(int(take()))...)
		default:
			payload = bytesOf(int(take()))
		}
		first := h.next[lane]
		h.next[lane]++
		runs = wire.AppendRun(runs, lane, first, wire.Frame{Kind: kind, Payload: payload})
	}
	h.ask(header, runs)
	return input
}
