package carriertest

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/tailrace-go/tailrace/internal/wire"
	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// headSize is what a message has before its filling: who sent it, its number, and a checksum.
const headSize = 12

// message is one of size bytes, at least headSize, by which the receiver sees whether it is whole,
// whose it is, and whether it is due.
func message(r *rand.Rand, producer, n, size int) []byte {
	b := make([]byte, max(size, headSize))
	fill(b[headSize:], r.IntN(len(filling)))
	binary.LittleEndian.PutUint32(b, uint32(producer))
	binary.LittleEndian.PutUint32(b[4:], uint32(n))
	binary.LittleEndian.PutUint32(b[8:], crc32.ChecksumIEEE(b[headSize:])^uint32(n))
	return b
}

// filling is what messages are filled with, from different places on.
var filling = func() (b [64<<10 + 1]byte) {
	r := random(-1)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}()

func fill(b []byte, from int) {
	for len(b) > 0 {
		b, from = b[copy(b, filling[from:]):], 0
	}
}

// mixed is a size as they occur: most are short, some long, a few of several fragments.
func mixed(r *rand.Rand) int {
	switch r.IntN(60) {
	case 0:
		return 100_000 + r.IntN(200_000)
	case 1, 2, 3:
		return 5_000 + r.IntN(40_000)
	}
	return headSize + r.IntN(300)
}

// random makes the choices of one producer.
func random(producer int) *rand.Rand { return rand.New(rand.NewPCG(7, uint64(producer))) }

// order checks that the messages of each producer come gapless, in order, once and intact.
type order map[int]int

func (o order) check(b []byte) error {
	if len(b) < headSize {
		return fmt.Errorf("a message of %d bytes", len(b))
	}
	producer := int(binary.LittleEndian.Uint32(b))
	n := int(binary.LittleEndian.Uint32(b[4:]))
	if binary.LittleEndian.Uint32(b[8:]) != crc32.ChecksumIEEE(b[headSize:])^uint32(n) {
		return fmt.Errorf("message %d of producer %d is damaged", n, producer)
	}
	if due := o[producer]; n != due {
		return fmt.Errorf("message %d of producer %d where %d is due", n, producer, due)
	}
	o[producer]++
	return nil
}

// stream is Go's end of a channel for both directions.
type stream = transport.Stream[[]byte, []byte]

// args are what the cases' commands get.
type args struct {
	C []*transport.Channel[[]byte]
	S []*stream
	N int
}

// pageArgs are the same as the page gives them.
type pageArgs struct {
	C, S []*transporttest.Channel
	N    int
}

// request calls a command with channels, which stand in its arguments.
func request(command string, a pageArgs) transporttest.Request {
	return transporttest.Request{Command: command, Args: a, Channels: slices.Concat(a.C, a.S)}
}

// channels makes channels of the page.
func (st *stand) channels(n int) []*transporttest.Channel {
	all := make([]*transporttest.Channel, n)
	for i := range all {
		all[i] = st.page.NewChannel()
	}
	return all
}

// produce has several producers at once send messages, each count of them.
func produce(producers, count int, send func(b []byte) error) error {
	errs := make([]error, producers)
	var all sync.WaitGroup
	for p := range producers {
		all.Go(func() {
			r := random(p)
			for n := range count {
				if err := send(message(r, p, n, mixed(r))); err != nil {
					errs[p] = fmt.Errorf("producer %d, message %d: %w", p, n, err)
					return
				}
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// read reads count messages of a channel in the page, and checks their order.
func read(c *transporttest.Channel, count int) error {
	o := order{}
	for i := range count {
		m, err := c.Next()
		if err == nil {
			err = o.check(m.Data)
		}
		if err != nil {
			return fmt.Errorf("message %d of %d in the page: %w", i, count, err)
		}
	}
	return nil
}

// ends checks that nothing more comes on a channel that Go has closed.
func ends(c *transporttest.Channel) error {
	if m, err := c.Next(); err != transporttest.ErrChannelClosed {
		return fmt.Errorf("behind the last message: %d bytes, %v", len(m.Data), err)
	}
	return nil
}

// bytesKind is the kind of the messages that the page sends.
const bytesKind = wire.Bytes
