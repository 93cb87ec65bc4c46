//go:build linux && cgo

package main

/*
#cgo pkg-config: gtk+-3.0 webkit2gtk-4.0
#include <stdlib.h>
#include "bareshm.h"
#include "bareshm/layout.h"
*/
import "C"

import (
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	wv "github.com/webview/webview_go"
)

//go:embed bareshm/extension.c bareshm/layout.h
var shmSource embed.FS

//go:embed bareshm/page.html
var shmPage []byte

const (
	shmRing = C.BARESHM_RING
	// publishEvery is how many bytes Go writes before it publishes them: a part of a large message,
	// or many small ones. With four times as much large messages are a tenth slower.
	publishEvery = 64 << 10
)

// bareShm is the bare limit of shared memory: Go copies messages into a mapped ring, and a page
// copies what is ready into buffers. It has no frames, sequence numbers or callbacks. The page is
// in a web context of its own, so that the other windows know nothing of the extension.
type bareShm struct {
	loop      wv.WebView // its Dispatch
	directory string
	view      unsafe.Pointer
	memory    []byte
	down, up  *os.File // bells of the page and of Go
}

// newBareShm compiles the extension and shows the page. Main goroutine only.
func newBareShm(loop wv.WebView) (b *bareShm, err error) {
	b = &bareShm{loop: loop}
	if b.directory, err = os.MkdirTemp("", "bareshm"); err != nil {
		return nil, err
	}
	if err = buildExtension(b.directory); err != nil {
		return nil, err
	}
	var fds [3]C.int
	if n, err := C.shm_make(&fds[0]); n < 0 {
		return nil, fmt.Errorf("bare shared memory: %w", err)
	}
	if b.memory, err = syscall.Mmap(int(fds[0]), 0, C.BARESHM_DATA+shmRing,
		syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED); err != nil {
		return nil, fmt.Errorf("bare shared memory: %w", err)
	}
	can(cannedShmPage, shmPage, "text/html")
	directory, uri := C.CString(b.directory), C.CString("bare://localhost/c/"+
		strconv.Itoa(cannedShmPage))
	defer C.free(unsafe.Pointer(directory))
	defer C.free(unsafe.Pointer(uri))
	b.view = C.shm_open_view(directory, uri)
	if C.shm_offer(b.view, &fds[0]) < 0 {
		return nil, fmt.Errorf("bare shared memory: failed to hand over the ring")
	}
	b.down, b.up = os.NewFile(uintptr(fds[1]), "bell down"), os.NewFile(uintptr(fds[2]), "bell up")
	return b, syscall.Close(int(fds[0]))
}

// buildExtension compiles the extension into the directory.
func buildExtension(directory string) error {
	source, err := os.MkdirTemp("", "bareshm")
	if err != nil {
		return err
	}
	defer os.RemoveAll(source)
	if err := os.CopyFS(source, shmSource); err != nil {
		return err
	}
	// Where only 4.1 exists, there is an alias of 4.0 for programs, and none for extensions.
	name := "webkit2gtk-web-extension-4.0"
	if exec.Command("pkg-config", "--exists", name).Run() != nil {
		name = "webkit2gtk-web-extension-4.1"
	}
	flags, err := exec.Command("pkg-config", "--cflags", "--libs", name).Output()
	if err != nil {
		return fmt.Errorf("failed to find %s: %w", name, err)
	}
	args := []string{
		"-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", filepath.Join(directory, "bareshm.so"),
		filepath.Join(source, "bareshm", "extension.c"),
	}
	args = append(args, strings.Fields(string(flags))...)
	if out, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("failed to compile the extension of the bare limit: %w\n%s", err, out)
	}
	return nil
}

// loaded removes the extension's file: the page's process has it.
func (b *bareShm) loaded() error { return os.RemoveAll(b.directory) }

// run has the page take n messages of that size, into one buffer again and again or into fresh
// ones. Of small messages it is the copy alone: the page neither looks for them nor makes views.
func (b *bareShm) run(n, size int, reuse bool) (sample, error) {
	script := C.CString(fmt.Sprintf("down(%d,%d,%t)", n*size, size, reuse))
	C.shm_reset(b.base())
	b.loop.Dispatch(func() {
		C.shm_eval(b.view, script)
		C.free(unsafe.Pointer(script))
	})
	start := time.Now()
	if err := b.produce(n, size); err != nil {
		return sample{}, err
	}
	_, _, err := finish(start)
	return rateOf(n, time.Since(start), err)
}

func (b *bareShm) base() *C.uint8_t { return (*C.uint8_t)(&b.memory[0]) }

// produce copies n messages into the ring.
func (b *bareShm) produce(n, size int) error {
	ring := b.memory[C.BARESHM_DATA:]
	message := make([]byte, size)
	// in bytes since the start; room: how far the page lets us write
	tail, published, room := 0, 0, shmRing
	for i := range n {
		message[0] = byte(i)
		for left := message; len(left) > 0; {
			if tail == room {
				var err error
				if room, err = b.await(tail); err != nil {
					return err
				}
			}
			at := tail % shmRing
			part := copy(ring[at:], left[:min(len(left), room-tail, publishEvery)])
			left, tail = left[part:], tail+part
			if tail-published >= publishEvery || tail == room {
				if err := b.publish(tail); err != nil {
					return err
				}
				published = tail
			}
		}
	}
	return b.publish(tail)
}

func (b *bareShm) publish(tail int) error {
	if C.shm_publish(b.base(), C.uint64_t(tail)) == 0 {
		return nil
	}
	_, err := b.down.Write([]byte{1, 0, 0, 0, 0, 0, 0, 0})
	return err
}

// await waits until the page has copied a half of the ring, which is full up to tail.
func (b *bareShm) await(tail int) (room int, err error) {
	if int(C.shm_head(b.base()))+shmRing == tail &&
		C.shm_want(b.base(), C.uint64_t(tail-shmRing/2)) != 0 {
		var bell [8]byte
		if _, err := b.up.Read(bell[:]); err != nil {
			return 0, err
		}
	}
	return int(C.shm_head(b.base())) + shmRing, nil
}
