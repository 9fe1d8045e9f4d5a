package redis

import (
	"syscall"
	"time"
)

// pause sleeps for less than a millisecond. The runtime's timers are a millisecond late
// when nothing else runs, which would be most of the time that a message takes.
func pause(d time.Duration) {
	t := syscall.NsecToTimespec(d.Nanoseconds())
	_ = syscall.Nanosleep(&t, nil) // less, if a signal comes
}
