package httpapi

import "time"

// ModelTime writes a time as the objects of the LOVE-frontend's API have it
// (docs/protocol/manager.md#http): with microseconds, or without a fraction if that is
// zero.
func ModelTime(t time.Time) string {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000000Z")
}
