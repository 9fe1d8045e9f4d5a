//go:build unix

package hub

import (
	"errors"
	"syscall"
)

// writeOnce makes one system call on a descriptor that does not block.
func writeOnce(fd uintptr, p []byte) (int, error) {
	for {
		n, err := syscall.Write(int(fd), p)
		if !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
