//go:build !linux

package love

import "time"

// kernelTAI always fails: only Linux has a TAI clock.
func kernelTAI() (utc time.Time, offset time.Duration, ok bool) { return time.Now(), 0, false }
