//go:build linux && (amd64 || arm64)

package shm

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Seals. A file with readOnly can't be mapped for writing any more: what is mapped already stays
// so.
const (
	sized    = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW
	readOnly = sized | unix.F_SEAL_FUTURE_WRITE
)

// memfd makes a file in memory of n zero bytes.
func memfd(n int) (fd int, err error) {
	fd, err = unix.MemfdCreate("tailrace",
		unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate("tailrace", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return -1, fmt.Errorf("shm: failed to make a file in memory: %w", err)
	}
	if err := unix.Ftruncate(fd, int64(n)); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("shm: failed to size a file in memory: %w", err)
	}
	return fd, nil
}

// seal adds seals, and the one against more of them.
func seal(fd, seals int) error {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals|unix.F_SEAL_SEAL); err != nil {
		return fmt.Errorf("shm: failed to seal a file in memory: %w", err)
	}
	return nil
}

// mapped makes a file of n bytes, and maps it with that protection before it is sealed.
func mapped(n, protection, seals int) (fd int, b []byte, err error) {
	if fd, err = memfd(n); err != nil {
		return -1, nil, err
	}
	if b, err = unix.Mmap(fd, 0, n, protection, unix.MAP_SHARED); err != nil {
		err = fmt.Errorf("shm: failed to map %d bytes: %w", n, err)
	} else if err = seal(fd, seals); err != nil {
		unmap(b)
	}
	if err != nil {
		unix.Close(fd)
		return -1, nil, err
	}
	return fd, b, nil
}

// unmap ends a mapping of mapped or reserve, with all that was placed in it.
func unmap(b []byte) {
	if err := unix.Munmap(b); err != nil {
		panic(fmt.Sprintf("shm: munmap of a mapping of our own: %v", err))
	}
}

// reserve takes n bytes of address space. No access to it is allowed.
func reserve(n int) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_NONE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("shm: failed to reserve %d bytes of address space: %w", n, err)
	}
	return b, nil
}

// place maps a new file into at, a part of what was reserved, and seals the file readOnly.
func place(at []byte) (fd int, err error) {
	if fd, err = memfd(len(at)); err != nil {
		return -1, err
	}
	_, err = unix.MmapPtr(fd, 0, unsafe.Pointer(&at[0]), uintptr(len(at)),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_FIXED)
	if err != nil {
		err = fmt.Errorf("shm: failed to map %d bytes: %w", len(at), err)
	} else if err = seal(fd, readOnly); err != nil {
		displace(at)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// displace gives the memory back; the address space stays reserved.
func displace(at []byte) {
	_, err := unix.MmapPtr(-1, 0, unsafe.Pointer(&at[0]), uintptr(len(at)), unix.PROT_NONE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE|unix.MAP_FIXED)
	// no room for one more mapping in the kernel's table: at least the pages go when the process
	// ends
	if err != nil {
		_ = unix.Mprotect(at, unix.PROT_NONE)
	}
}

// within gives the offset of b in the mapping whole, if it lies there.
func within(whole, b []byte) (offset int, ok bool) {
	at := uintptr(unsafe.Pointer(unsafe.SliceData(b))) - uintptr(
		unsafe.Pointer(unsafe.SliceData(whole)))
	return int(at), at < uintptr(len(whole))
}

// word32 and word64 give atomic words in a mapping.
func word32(b []byte, at int) shared32 { return shared32{(*atomic.Uint32)(unsafe.Pointer(&b[at]))} }

func word64(b []byte, at int) shared64 { return shared64{(*atomic.Uint64)(unsafe.Pointer(&b[at]))} }
