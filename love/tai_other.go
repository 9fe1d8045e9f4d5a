//go:build !linux

package love

import "time"

// kernelTAI knows nothing: only Linux has a clock of TAI.
func kernelTAI() (utc time.Time, offset time.Duration, ok bool) { return time.Now(), 0, false }
