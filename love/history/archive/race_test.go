//go:build race

package archive_test

// raced reports whether the race detector is on, with which an hour takes ten times as
// long.
const raced = true
