//go:build !unix

package hub

import "errors"

// writeOnce is for systems whose descriptors are not known to be non-blocking:
// it writes nothing, so that a goroutine does.
func writeOnce(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }
