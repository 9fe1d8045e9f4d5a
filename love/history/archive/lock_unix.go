//go:build unix

package archive

import (
	"errors"
	"os"
	"syscall"
)

// lockFile locks a file for this process, until it is closed or the process ends.
func lockFile(f *os.File) (taken bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
