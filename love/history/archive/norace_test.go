//go:build !race

package archive_test

// raced reports whether the race detector is on.
const raced = false
