package commander

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Commander executes commands (manager protocol, sections 4.5 and 11).
type Commander interface {
	// Execute sends a command and waits for its final acknowledgement or for
	// ctx. What the component answers, a refusal too, is a Reply; an error
	// means that no answer could be had.
	Execute(ctx context.Context, r Request) (Reply, error)
}

// Informer tells which topics the components have. The answers are those of
// salinfo/topic-names and salinfo/topic-data; categories is the text of the
// query ("event-telemetry-command"), empty for all.
type Informer interface {
	TopicNames(ctx context.Context, categories string) (Reply, error)
	TopicData(ctx context.Context, categories string) (Reply, error)
}

// Heartbeater tells that the commander lives.
type Heartbeater interface {
	Heartbeat(ctx context.Context) (time.Time, error)
}

// Request is a command on its way to a commander: the JSON object as the
// client posted it, not yet checked, and who commands.
type Request struct {
	Body     json.RawMessage // an object; its "identity", if any, does not count
	Identity string          // "user@host"
}

// Command reads the request. The error names the member that is missing or of
// the wrong type.
func (r Request) Command() (love.Command, error) {
	var c struct {
		CSC      *string         `json:"csc"`
		SalIndex *int            `json:"salindex"`
		Name     *string         `json:"cmd"`
		Params   json.RawMessage `json:"params"`
	}
	if err := json.Unmarshal(r.Body, &c); err != nil {
		return love.Command{}, fmt.Errorf("reading the command: %w", err)
	}
	for _, m := range []struct {
		key     string
		missing bool
	}{{"csc", c.CSC == nil}, {"salindex", c.SalIndex == nil}, {"cmd", c.Name == nil}, {"params", c.Params == nil}} {
		if m.missing {
			return love.Command{}, fmt.Errorf(`reading the command: %q is missing; a command has "csc", "salindex", "cmd" and "params"`, m.key)
		}
	}
	return love.Command{CSC: *c.CSC, SalIndex: *c.SalIndex, Name: *c.Name, Params: c.Params, Identity: r.Identity}, nil
}

// Reply is the HTTP answer that a commander gives: a status and a JSON body.
type Reply struct {
	Status int
	Body   json.RawMessage
}

// AckReply is the reply {"ack": text}.
func AckReply(status int, text string) Reply {
	body, err := json.Marshal(love.Ack{Text: text})
	if err != nil { // a struct with one text always encodes
		panic(err)
	}
	return Reply{Status: status, Body: body}
}

// Done is the reply to a command that succeeded.
func Done() Reply { return AckReply(http.StatusOK, love.Done) }
