//go:build unix

package machine

import (
	"math"
	"syscall"
)

// Descriptors returns how many file descriptors this process may have open; ok is
// false if that is unknown. Go has already raised the soft limit to the hard one.
func Descriptors() (n int, ok bool) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, false
	}
	return int(min(uint64(limit.Cur), math.MaxInt32)), true // no limit is the largest number
}
