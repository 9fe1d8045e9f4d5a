//go:build !linux

package machine

// ReadClock returns what the system knows of its clock; ok is false if it does not say.
func ReadClock() (c Clock, ok bool) { return Clock{}, false }
