//go:build !unix

package hub

import (
	"errors"
	"net"
	"syscall"
)

// rawConn returns nil on systems whose descriptors are not known to be
// non-blocking: each reader then keeps a buffer, and a goroutine writes.
func rawConn(net.Conn) syscall.RawConn { return nil }

var errWouldBlock = errors.ErrUnsupported

func readOnce(uintptr, []byte) (int, error)  { return 0, errors.ErrUnsupported }
func writeOnce(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }
