package manager

import (
	"context"
	"encoding/json"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
)

// Configurations gives users the configuration of the LOVE-frontend that the answer to a
// log-in has (docs/protocol/manager.md#log-in). It is safe for concurrent use.
type Configurations interface {
	// For returns the configuration of a user, {"id", "filename", "content",
	// "update_timestamp"}, or nil if there is none. It is asked at each log-in and
	// validation of a token; if it fails, the answer has none.
	For(ctx context.Context, username string) (json.RawMessage, error)
}

// builtinConfiguration is the same for all. It shows alarms and mutes them.
type builtinConfiguration json.RawMessage

func newBuiltinConfiguration(now time.Time) builtinConfiguration {
	return builtinConfiguration(`{"id":1,"filename":"default.json",` +
		`"content":{"alarms":{"minSeveritySound":"mute","minSeverityNotification":"warning"},"camFeeds":{}},` +
		`"update_timestamp":"` + httpapi.ModelTime(now) + `"}`)
}

// For implements [Configurations].
func (b builtinConfiguration) For(context.Context, string) (json.RawMessage, error) {
	return json.RawMessage(b), nil
}

// configurationFor returns the configuration of a user, or nil if there is none or it
// cannot be read: a log-in does not fail for that.
func (m *Manager) configurationFor(ctx context.Context, username string) json.RawMessage {
	config, err := m.config.Configurations.For(ctx, username)
	if err != nil {
		m.outages.configurations.Failed(m.config.Clock.Now(), err)
		return nil
	}
	m.outages.configurations.Succeeded(m.config.Clock.Now())
	return config
}
