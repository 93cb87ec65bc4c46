//go:build linux && (amd64 || arm64)

package shm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// peer is the extension's half in Go, with all its checks: what Go gets wrong fails the test. One
// goroutine reads; push may be called by another one.
type peer struct {
	t        testing.TB
	down, up []byte
	queue    []byte
	slotSize int
	slots    [][]byte // mapped, by slot
	runs     map[uint32]uint32
	region   uint64
	handled  uint64
	bell     *os.File // the page's end
	socket   *os.File

	head          uint64
	sleeps, noted uint32
	rungs         int

	mu         sync.Mutex
	written    uint64
	upRung     uint32
	upWishes   uint32
	room       *sync.Cond // signalled by the reading goroutine's bells
	over       bool
	upRing     []byte
	maxUp      uint64
	eagerSlots bool // handle messages about slots as soon as they have come
}

var errPeerOver = errors.New("the link is over")

func descriptor(f *os.File) int {
	conn, err := f.SyscallConn()
	fd := -1
	if err == nil {
		err = conn.Control(func(n uintptr) { fd = int(n) })
	}
	if err != nil {
		panic(err)
	}
	return fd
}

// newPeer takes an offer over.
func newPeer(t testing.TB, files []*os.File) *peer {
	t.Helper()
	if len(files) != 4 {
		t.Fatalf("an offer of %d files", len(files))
	}
	p := &peer{t: t, bell: files[2], socket: files[3], runs: map[uint32]uint32{}, eagerSlots: true}
	p.room = sync.NewCond(&p.mu)
	p.down = p.file(files[0], readOnly, unix.PROT_READ)
	if _, err := unix.Mmap(descriptor(files[0]), 0, len(p.down), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_SHARED); err == nil {
		t.Fatal("the page can map what Go writes for writing")
	}
	p.up = p.file(files[1], sized, unix.PROT_READ|unix.PROT_WRITE)
	files[0].Close()
	files[1].Close()
	le := binary.LittleEndian
	if le.Uint64(p.down) != 0x31535254 {
		t.Fatalf("magic %#x", le.Uint64(p.down))
	}
	p.region, p.slotSize = le.Uint64(p.down[8:]), int(le.Uint64(p.down[16:]))
	p.slots = make([][]byte, int(p.region)/p.slotSize)
	p.queue = p.down[content:]
	p.upRing = p.up[content:]
	p.maxUp = le.Uint64(p.down[40:])
	if n := le.Uint64(p.down[24:]); int(n) != len(p.queue) || n&(n-1) != 0 {
		t.Fatalf("the queue has %d bytes, and says %d", len(p.queue), n)
	}
	if n := le.Uint64(p.down[32:]); int(n) != len(p.upRing) || n&(n-1) != 0 {
		t.Fatalf("the up ring has %d bytes, and says %d", len(p.upRing), n)
	}
	t.Cleanup(p.drop)
	return p
}

// file maps a file after its seals were checked.
func (p *peer) file(f *os.File, seals, protection int) []byte {
	p.t.Helper()
	fd := descriptor(f)
	got, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	if want := seals | unix.F_SEAL_SEAL; err != nil || got&want != want {
		p.t.Fatalf("seals %#x, want %#x: %v", got, want, err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		p.t.Fatal(err)
	}
	b, err := unix.Mmap(fd, 0, int(st.Size), protection, unix.MAP_SHARED)
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// drop ends the link without a word, as a process that dies.
func (p *peer) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.room.Broadcast()
	if p.down == nil {
		return
	}
	unmap(p.down)
	unmap(p.up)
	p.down, p.up = nil, nil
	for first := range p.runs {
		unmap(p.slots[first])
	}
	p.runs = nil
	for _, f := range []*os.File{p.bell, p.socket} {
		f.Close()
	}
}

// ringGo rings Go's bell, unless it rings already.
func (p *peer) ringGo() {
	conn, err := p.bell.SyscallConn()
	if err == nil {
		_ = conn.Control(func(fd uintptr) {
			_ = unix.Send(int(fd), []byte{1}, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		})
	}
}

func (p *peer) state(s uint32) {
	word32(p.up, upState).Store(s)
	p.ringGo()
}

// message handles one message about slots, and reports whether there was one.
func (p *peer) message() (bool, error) {
	var b [64]byte
	oob := make([]byte, 256)
	n, oobn, _, _, err := unix.Recvmsg(descriptor(p.socket), b[:], oob,
		unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	if err == unix.EAGAIN || err == nil && n == 0 {
		return false, nil
	}
	if err != nil || n != messageSize {
		return false, fmt.Errorf("message of %d bytes: %v", n, err)
	}
	var fds []int
	if oobn > 0 {
		all, err := unix.ParseSocketControlMessage(oob[:oobn])
		if err != nil || len(all) != 1 {
			return false, fmt.Errorf("control messages: %v", err)
		}
		if fds, err = unix.ParseUnixRights(&all[0]); err != nil {
			return false, err
		}
	}
	le := binary.LittleEndian
	op, first, count := le.Uint32(b[:]), le.Uint32(b[4:]), le.Uint32(b[8:])
	if le.Uint32(b[12:]) != 0 || count == 0 || int(first)+int(count) > len(p.slots) {
		return false, fmt.Errorf("message %x", b[:n])
	}
	p.handled++
	switch {
	case op == opMap && len(fds) == 1:
		f := os.NewFile(uintptr(fds[0]), "slots")
		defer f.Close()
		if _, err := unix.Mmap(fds[0], 0, p.slotSize, unix.PROT_WRITE,
			unix.MAP_SHARED); err == nil {
			return false, errors.New("the page can map slots for writing")
		}
		m := p.file(f, readOnly, unix.PROT_READ)
		if len(m) != int(count)*p.slotSize {
			return false, fmt.Errorf("%d slots of %d bytes", count, len(m))
		}
		for i := range int(count) {
			if p.slots[int(first)+i] != nil {
				return false, fmt.Errorf("slot %d is mapped twice", int(first)+i)
			}
			p.slots[int(first)+i] = m[i*p.slotSize:]
		}
		p.slots[first] = m
		p.runs[first] = count
	case op == opUnmap && len(fds) == 0:
		if p.runs[first] != count {
			return false, fmt.Errorf("unmap of %d slots at %d, there are %d", count, first,
				p.runs[first])
		}
		unmap(p.slots[first])
		clear(p.slots[first : first+count])
		delete(p.runs, first)
	default:
		return false, fmt.Errorf("message %d with %d descriptors", op, len(fds))
	}
	return true, nil
}

func (p *peer) messages() error {
	for {
		if more, err := p.message(); !more {
			return err
		}
	}
}

// next gives the next record, nil when there is none: then the page is asleep.
func (p *peer) next() (*peerRecord, error) {
	if p.eagerSlots {
		if err := p.messages(); err != nil {
			return nil, err
		}
	}
	for again := false; ; again = true {
		if word32(p.down, downClosed).Load() != 0 {
			return nil, errPeerOver
		}
		tail := word64(p.down, downTail).Load()
		if tail != p.head {
			r, err := p.record(tail)
			if r == nil && err == nil {
				continue // padding
			}
			return r, err
		}
		if again {
			return nil, nil
		}
		p.sleeps++
		word32(p.up, upSleeping).Store(p.sleeps)
	}
}

// peerRecord is a record that was checked.
type peerRecord struct {
	size     uint64
	flags    uint32
	skeleton []byte
	apart    [][]byte // copies, in order
	whole    []byte   // the batch as it was before it became a record
}

func (p *peer) record(tail uint64) (*peerRecord, error) {
	le := binary.LittleEndian
	at := p.head % uint64(len(p.queue))
	size, flags := uint64(le.Uint32(p.queue[at:])), le.Uint32(p.queue[at+4:])
	if size%8 != 0 || size == 0 || at+size > uint64(len(p.queue)) || p.head+size > tail {
		return nil, fmt.Errorf("record of %d bytes at %d, written up to %d", size, p.head, tail)
	}
	if flags == flagPad {
		if at+size != uint64(len(p.queue)) {
			return nil, fmt.Errorf("padding of %d bytes at %d does not end the queue", size, at)
		}
		p.consume(size)
		return nil, nil
	}
	b := p.queue[at : at+size]
	segments, slots, length := int(le.Uint32(b[8:])), le.Uint64(b[16:]), le.Uint64(b[24:])
	if flags&^(flagBorrow|flagApart) != 0 || le.Uint32(b[12:]) != 0 ||
		recordSize+entrySize*segments > len(b) {
		return nil, fmt.Errorf("record head %x", b[:recordSize])
	}
	for p.handled < slots {
		if more, err := p.message(); err != nil || !more {
			return nil, fmt.Errorf("the record needs %d messages, %d have come: %v", slots,
				p.handled, err)
		}
	}
	r := &peerRecord{size: size, flags: flags}
	inline := b[recordSize+entrySize*segments:]
	for i := range segments {
		e := b[recordSize+entrySize*i:]
		offset, n, kind := le.Uint64(e), uint64(le.Uint32(e[8:])), le.Uint32(e[12:])
		var from []byte
		if offset == inlineOffset {
			if n > uint64(len(inline)) {
				return nil, errors.New("inline bytes cross the record's end")
			}
			from, inline = inline[:n], inline[n:]
		} else {
			slot := offset / uint64(p.slotSize)
			if offset+n > p.region || n < least || p.slots[slot] == nil ||
				offset%uint64(p.slotSize)+n > uint64(len(p.slots[slot])) {
				return nil, fmt.Errorf("entry of %d bytes at %d: not mapped", n, offset)
			}
			from = p.slots[slot][offset%uint64(p.slotSize):][:n]
		}
		switch kind {
		case 0:
			r.skeleton = append(r.skeleton, from...)
			r.whole = append(r.whole, from...)
		case entryApart:
			if flags&flagApart == 0 {
				return nil, errors.New("an apart entry in a record that has none")
			}
			r.apart = append(r.apart, bytes.Clone(from))
			head := r.whole[len(r.whole)-apartHead-24:]
			if le.Uint32(head[16:]) != apartHead || le.Uint32(head[20:])&apartRun == 0 ||
				le.Uint32(head[4:]) != 1 {
				return nil, fmt.Errorf("run %x before an apart entry", head[:24])
			}
			le.PutUint32(head[16:], apartHead+uint32(n))
			le.PutUint32(head[20:], le.Uint32(head[20:])&^apartRun)
			r.whole = append(r.whole, from...)
		default:
			return nil, fmt.Errorf("entry flags %d", kind)
		}
	}
	if len(inline) > 7 || uint64(len(r.skeleton)) != length {
		return nil, fmt.Errorf("skeleton of %d bytes, the record says %d; %d bytes are left",
			len(r.skeleton), length, len(inline))
	}
	if len(r.apart) > 0 {
		if got := le.Uint32(r.whole[4:]); uint64(got) != length {
			return nil, fmt.Errorf("the skeleton's header says %d bytes, not %d", got, length)
		}
		le.PutUint32(r.whole[4:], uint32(len(r.whole)))
	}
	return r, nil
}

// consume advances head, and rings if Go wants that.
func (p *peer) consume(n uint64) {
	p.head += n
	word64(p.up, upHead).Store(p.head)
	if g := word32(p.down, downWants).Load(); g != p.noted &&
		p.head >= word64(p.down, downWantsAt).Load() {
		p.noted = g
		p.rungs++
		p.ringGo()
	}
}

// wait sleeps until the page's bell rings.
func (p *peer) wait() error {
	var b [64]byte
	_, err := p.bell.Read(b[:])
	p.mu.Lock()
	p.room.Broadcast()
	p.mu.Unlock()
	return err
}

// take waits for the next record and takes it out.
func (p *peer) take() (*peerRecord, error) {
	for {
		r, err := p.next()
		if err != nil {
			return nil, err
		}
		if r != nil {
			p.consume(r.size)
			return r, nil
		}
		if err := p.wait(); err != nil {
			return nil, err
		}
	}
}

// eventually waits for what must come true soon.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}
