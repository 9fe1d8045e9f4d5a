package machine

import "time"

// Clock is what the system knows of its clock.
type Clock struct {
	Synchronized bool
	MaxError     time.Duration // by its own estimate, if it is synchronized
	TAI          time.Duration // TAI minus UTC; 0 if it has not been told
}
