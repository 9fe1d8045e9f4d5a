package hub

import (
	"syscall"
	"unsafe"
)

// The descriptors do not block, so the scheduler need not be told of the system calls:
// that would wake the runtime's monitor for each burst, a fifth of what a hub costs.

func sysRead(fd uintptr, p []byte) (int, error)  { return rawCall(syscall.SYS_READ, fd, p) }
func sysWrite(fd uintptr, p []byte) (int, error) { return rawCall(syscall.SYS_WRITE, fd, p) }

func rawCall(call, fd uintptr, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
