//go:build !linux

package redis

import "time"

// pause sleeps for a short time.
func pause(d time.Duration) { time.Sleep(d) }
