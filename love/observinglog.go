package love

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rubin-love/love-go/internal/wire"
)

// ObservingLog is an observing log on its way to SAL
// (docs/protocol/manager.md#observing-logs).
type ObservingLog struct {
	User    string `json:"user"` // as the client wrote it
	Message string `json:"message"`
	// Identity is the writer's "user@host"; empty if only User names the writer.
	Identity string `json:"-"`
	// Posted is the JSON object from which the log was read, which a relay
	// passes on; nil if it was not read from one.
	Posted json.RawMessage `json:"-"`
}

// ErrIncompleteLog reports an object that lacks a key of an observing log.
var ErrIncompleteLog = errors.New("not a complete observing log")

// ParseObservingLog reads an observing log from the JSON object that a client
// posted, {"user", "message"}. Keys are case-sensitive, unknown ones are
// ignored, and none may occur twice. The error names the key that is missing or has
// a wrong value, such as a text that would reach the log as another one: half of a
// surrogate pair, bytes that are not UTF-8.
func ParseObservingLog(object []byte) (ObservingLog, error) {
	if err := wire.Strict(object); err != nil {
		return ObservingLog{}, fmt.Errorf("reading the observing log: %w", err)
	}
	texts := map[string]*string{"user": nil, "message": nil}
	found := 0
	for key, value := range wire.Members(bytes.TrimSpace(object)) {
		if _, known := texts[key]; !known {
			continue
		}
		var text *string
		if err := json.Unmarshal(value, &text); err != nil {
			return ObservingLog{}, fmt.Errorf("reading the observing log: %q must be a text, not %s", key, excerpt(value))
		}
		texts[key] = text
		found++
	}
	if texts["user"] == nil || texts["message"] == nil {
		err := errors.New(`reading the observing log: it must have the texts "user" and "message"`)
		if found < len(texts) {
			err = kindOf(ErrIncompleteLog, err)
		}
		return ObservingLog{}, err
	}
	return ObservingLog{User: *texts["user"], Message: *texts["message"], Posted: object}, nil
}
