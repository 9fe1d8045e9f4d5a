//go:build !linux

package machine

// DiskFree returns how many bytes this process may still write to the disk of a folder;
// ok is false if that is unknown.
func DiskFree(string) (bytes int64, ok bool) { return 0, false }
