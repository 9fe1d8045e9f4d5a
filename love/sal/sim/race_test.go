//go:build race

package sim_test

// raced reports whether the race detector is on, with which a night takes ten
// times as long.
const raced = true
