package love

import (
	"syscall"
	"time"
	"unsafe"
)

// The kernel's clocks, as clock_gettime(2) numbers them.
const (
	clockRealtime = 0
	clockTAI      = 11
)

// kernelTAI returns the kernel's UTC and its TAI - UTC, in whole seconds.
func kernelTAI() (utc time.Time, offset time.Duration, ok bool) {
	before, ok1 := kernelClock(clockRealtime)
	tai, ok2 := kernelClock(clockTAI)
	if !ok1 || !ok2 {
		return time.Now(), 0, false
	}
	return before, tai.Sub(before).Round(time.Second), true
}

func kernelClock(id uintptr) (time.Time, bool) {
	var ts syscall.Timespec
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, id, uintptr(unsafe.Pointer(&ts)), 0)
	return time.Unix(ts.Unix()), errno == 0
}
