//go:build !unix

package machine

// Descriptors returns how many file descriptors this process may have open; ok is
// false if that is unknown.
func Descriptors() (n int, ok bool) { return 0, false }
