package transport_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// resumeArgs are those of transport.CommandResume.
type resumeArgs struct {
	Name     string                 `json:"name"`
	From     any                    `json:"from,omitempty"`
	Observer bool                   `json:"observer,omitempty"`
	Channel  *transporttest.Channel `json:"channel"`
}

// resumed is a page's end of a resumable channel.
type resumed struct {
	*transporttest.Channel
	t    testing.TB
	next uint64 // the sequence of the next message
}

// resume attaches a page and reads the first sequence. Where a store may fail it tries again.
func resume(t testing.TB, p *transporttest.Page, a resumeArgs) (*resumed, error) {
	t.Helper()
	a.Channel = p.NewChannel()
	if _, err := p.Invoke(transporttest.Request{
		Command: transport.CommandResume, Args: a, Channels: []*transporttest.Channel{a.Channel},
	}); err != nil {
		var e *transport.Error
		if strings.Contains(t.Name(), failing) && errors.As(err, &e) &&
			e.Code == transport.CodeStore {
			return resume(t, p, a)
		}
		return nil, err
	}
	m, err := a.Channel.Next()
	if err != nil {
		return nil, err
	}
	var head struct{ First uint64 }
	if err := json.Unmarshal(m.Data, &head); err != nil || m.Kind != wire.JSON {
		t.Fatalf("the first message is %q (%v): %v", m.Data, m.Kind, err)
	}
	return &resumed{a.Channel, t, head.First}, nil
}

// mustResume is resume that has to begin with that sequence.
func mustResume(t testing.TB, p *transporttest.Page, a resumeArgs, first uint64) *resumed {
	t.Helper()
	c, err := resume(t, p, a)
	if err != nil {
		t.Fatal(err)
	}
	if c.next != first {
		t.Fatalf("it begins with %d, want %d", c.next, first)
	}
	return c
}

// want reads n messages of numberedMessage.
func (c *resumed) want(n int) {
	c.t.Helper()
	for range n {
		m, err := c.Next()
		if err == nil {
			err = checkNumbered(m, c.next)
		}
		if err != nil {
			c.t.Fatal(err)
		}
		c.next++
	}
}

// numberedMessage is the message of that sequence: some are large, some empty but for the number.
func numberedMessage(sequence uint64) []byte {
	r := rand.New(rand.NewPCG(sequence, 5))
	size := r.IntN(400)
	switch r.IntN(40) {
	case 0:
		size = r.IntN(60_000)
	case 1:
		size = 0
	}
	b := make([]byte, 8+size)
	binary.LittleEndian.PutUint64(b, sequence)
	for i := 8; i+8 <= len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], r.Uint64())
	}
	return b
}

func checkNumbered(m transporttest.Message, sequence uint64) error {
	if m.Kind != wire.Bytes || len(m.Data) < 8 {
		return fmt.Errorf("a message of %d bytes, %v", len(m.Data), m.Kind)
	}
	if got := binary.LittleEndian.Uint64(m.Data); got != sequence {
		return fmt.Errorf("message %d where %d is due", got, sequence)
	}
	if want := numberedMessage(sequence); string(m.Data) != string(want) {
		return fmt.Errorf("message %d is damaged", sequence)
	}
	return nil
}

func newResumable[T any](
	t testing.TB, e *transport.Engine, name string, o transport.ResumableOptions,
) *transport.Resumable[T] {
	t.Helper()
	r, err := transport.NewResumable[T](e, name, overStore(t, o))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sendNumbered sends messages up to that sequence.
func sendNumbered(t testing.TB, r *transport.Resumable[[]byte], last uint64) {
	t.Helper()
	for n := stats(t, r).Newest + 1; n <= last; n++ {
		if err := send(within(t), r, numberedMessage(n)); err != nil {
			t.Fatal(err)
		}
	}
}

// inBubble runs a test in synctest's time, in which all goroutines must end.
func inBubble(t *testing.T, f func(*testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// p reads n messages, whatever they are.
func (c *resumed) p(t *testing.T, n int) {
	t.Helper()
	for range n {
		if _, err := c.Next(); err != nil {
			t.Fatal(err)
		}
	}
}
