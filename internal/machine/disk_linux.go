package machine

import "syscall"

// DiskFree returns how many bytes this process may still write to the disk of a folder;
// ok is false if that is unknown.
func DiskFree(dir string) (bytes int64, ok bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * s.Bsize, true
}
