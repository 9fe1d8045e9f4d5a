//go:build race

package sim_test

// raced tells that the race detector is on, which makes a night ten times as
// long.
const raced = true
