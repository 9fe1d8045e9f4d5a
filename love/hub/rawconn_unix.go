//go:build unix

package hub

import (
	"io"
	"net"
	"syscall"
)

// rawConn returns access to the descriptor of a connection, so that it can be
// read and written without blocking; nil if it has none, as under TLS.
func rawConn(conn net.Conn) syscall.RawConn {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// errWouldBlock is returned by readOnce when nothing has arrived.
const errWouldBlock = syscall.EAGAIN

// readOnce reads with one system call from a descriptor that does not block.
func readOnce(fd uintptr, p []byte) (int, error) {
	for {
		n, err := sysRead(fd, p)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// writeOnce writes with one system call to a descriptor that does not block.
func writeOnce(fd uintptr, p []byte) (int, error) {
	for {
		n, err := sysWrite(fd, p)
		if err != syscall.EINTR {
			return n, err
		}
	}
}
