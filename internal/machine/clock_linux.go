package machine

import (
	"syscall"
	"time"
)

// The bits and states of adjtimex(2).
const (
	statusUnsynchronized = 0x40 // STA_UNSYNC
	stateError           = 5    // TIME_ERROR
)

// ReadClock returns what the kernel knows of its clock; ok is false if it does not say, as
// in some containers.
func ReadClock() (c Clock, ok bool) {
	var t syscall.Timex
	state, err := syscall.Adjtimex(&t)
	if err != nil {
		return c, false
	}
	return Clock{
		Synchronized: state != stateError && t.Status&statusUnsynchronized == 0,
		MaxError:     time.Duration(t.Maxerror) * time.Microsecond,
		TAI:          time.Duration(t.Tai) * time.Second,
	}, true
}
