//go:build linux || darwin || freebsd

package store

import "syscall"

// freeSpace returns how many bytes can still be written to the disk of a file; ok is
// false if that is unknown.
func freeSpace(path string) (bytes uint64, ok bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, false
	}
	return uint64(max(int64(s.Bavail), 0)) * uint64(s.Bsize), true
}
