package manager

import (
	"encoding/json"
	"time"
)

// configuration is a configuration file of the LOVE-frontend as it stands in a
// log-in's answer.
type configuration struct {
	ID              int             `json:"id"`
	Filename        string          `json:"filename"`
	Content         json.RawMessage `json:"content"`
	UpdateTimestamp string          `json:"update_timestamp"`
}

// builtinConfiguration is the one configuration that there is until files are
// stored: alarms are shown and not heard.
func builtinConfiguration(now time.Time) configuration {
	return configuration{
		ID:              1,
		Filename:        "default.json",
		Content:         json.RawMessage(`{"alarms":{"minSeveritySound":"mute","minSeverityNotification":"warning"},"camFeeds":{}}`),
		UpdateTimestamp: modelTime(now),
	}
}

// modelTime is how times stand in model objects (manager protocol, section 3):
// microseconds, and no fraction at all if it is zero.
func modelTime(t time.Time) string {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000000Z")
}
