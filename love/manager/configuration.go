package manager

import (
	"encoding/json"
	"time"
)

// configuration is a configuration file of the LOVE-frontend, in the form that
// the answer to a log-in has.
type configuration struct {
	ID              int             `json:"id"`
	Filename        string          `json:"filename"`
	Content         json.RawMessage `json:"content"`
	UpdateTimestamp string          `json:"update_timestamp"`
}

// builtinConfiguration returns the only configuration; files are not stored.
// It shows alarms and mutes them.
func builtinConfiguration(now time.Time) configuration {
	return configuration{
		ID:              1,
		Filename:        "default.json",
		Content:         json.RawMessage(`{"alarms":{"minSeveritySound":"mute","minSeverityNotification":"warning"},"camFeeds":{}}`),
		UpdateTimestamp: modelTime(now),
	}
}

// modelTime writes a time as model objects do (docs/protocol/manager.md#http): with
// microseconds, or without a fraction if that is zero.
func modelTime(t time.Time) string {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000000Z")
}
