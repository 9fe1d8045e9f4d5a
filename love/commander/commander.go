package commander

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// Commander executes commands (manager protocol, sections 4.5 and 11).
type Commander interface {
	// Execute sends the command and waits for its final acknowledgement
	// (section 11), or until ctx ends. Any answer of the component, even a
	// refusal, is a Reply with a nil error. An error means that no answer
	// came. It should be a [*NoReplyError], with Sent false if nothing has
	// left this process; any other error is shown as 502, or as 504 if it is a
	// [context.DeadlineExceeded]. Execute passes progress to [Report].
	Execute(ctx context.Context, r Request) (Reply, error)
}

// Informer tells which topics the components have. The answers are those of
// salinfo/topic-names and salinfo/topic-data; categories is the text of the
// query ("event-telemetry-command"), empty for all.
type Informer interface {
	TopicNames(ctx context.Context, categories string) (Reply, error)
	TopicData(ctx context.Context, categories string) (Reply, error)
}

// Heartbeater returns the time of the commander's heartbeat, which shows that
// the commander is alive.
type Heartbeater interface {
	Heartbeat(ctx context.Context) (time.Time, error)
}

// Logbook writes observing logs (manager protocol, sections 2.9 and 4.6).
type Logbook interface {
	WriteObservingLog(ctx context.Context, l ObservingLog) (Reply, error)
}

// Checker tells whether a command would be sent, without sending it. The reply
// is the one that [Commander.Execute] would give without sending the command,
// or 200 with the text [WouldSend] or [Unchecked].
type Checker interface {
	Check(ctx context.Context, r Request) (Reply, error)
}

// WouldSend is the text of a [Checker]'s reply to a command that is in order.
const WouldSend = "The command is in order; it was not sent."

// Relayer passes requests other than commands on to a LOVE-commander, such as
// EFD queries (manager protocol, section 6).
type Relayer interface {
	Relay(ctx context.Context, c Call) (Reply, error)
}

// Call is a request to a LOVE-commander's HTTP API.
type Call struct {
	Method string
	Path   string          // "/efd/timeseries"
	Query  url.Values      // none if empty
	Body   json.RawMessage // none if empty
}

// Request is a command on its way to a commander: the JSON object as the client
// posted it, not yet checked, and who gave it.
type Request struct {
	Body     json.RawMessage // an object; an "identity" in it is ignored
	Identity string          // "user@host"

	// User, Address and ApprovedBy are used by [Recorder] and [Authority]; other
	// commanders ignore them.
	User       string
	Address    string
	ApprovedBy string // the second person, if one had to approve

	awaited *Entry // its entry in the record, if it has waited for approval
}

// Command parses the request's body. The four keys are case-sensitive and must
// not repeat, so that no later reader understands the body differently. The
// error names the member that is missing, duplicate or of the wrong type.
func (r Request) Command() (love.Command, error) {
	c := love.Command{Identity: r.Identity}
	members := map[string]any{"csc": &c.CSC, "salindex": &c.SalIndex, "cmd": &c.Name, "params": &c.Params}
	found := map[string]bool{}
	if !json.Valid(r.Body) {
		return love.Command{}, errors.New("reading the command: it is no JSON object")
	}
	for key, value := range wire.Members(bytes.TrimSpace(r.Body)) {
		to, known := members[key]
		if !known {
			for name := range members {
				if strings.EqualFold(key, name) { // some JSON readers ignore case
					return love.Command{}, fmt.Errorf("reading the command: the key %q is not a command's: write %q", key, name)
				}
			}
			continue
		}
		if found[key] {
			return love.Command{}, fmt.Errorf("reading the command: %q is there twice", key)
		}
		found[key] = true
		if err := json.Unmarshal(value, to); err != nil || string(value) == "null" {
			return love.Command{}, fmt.Errorf("reading the command: %q cannot be %s: csc and cmd are texts, salindex is a whole number", key, excerpt(value))
		}
	}
	for _, key := range []string{"csc", "salindex", "cmd", "params"} {
		if !found[key] {
			return love.Command{}, fmt.Errorf(`reading the command: %q is missing; a command has "csc", "salindex", "cmd" and "params"`, key)
		}
	}
	return c, nil
}

// ObservingLog is an observing log on its way to SAL: the JSON object
// {"user", "message"} as the client posted it, not yet checked.
type ObservingLog struct {
	Body json.RawMessage
	// Identity is the writer's "user@host"; empty if only Body names the writer.
	Identity string
}

// Read returns the log's user and message. The error names the member that is
// missing or of the wrong type.
func (l ObservingLog) Read() (user, message string, err error) {
	if !json.Valid(l.Body) {
		return "", "", errors.New("reading the observing log: it is no JSON object")
	}
	// Keys are case-sensitive, and unknown ones are ignored.
	texts := map[string]*string{"user": nil, "message": nil}
	for key, value := range wire.Members(bytes.TrimSpace(l.Body)) {
		if _, known := texts[key]; !known {
			continue
		}
		var text *string
		if err := json.Unmarshal(value, &text); err != nil {
			return "", "", fmt.Errorf("reading the observing log: %q has to be a text, it is %s", key, excerpt(value))
		}
		texts[key] = text
	}
	if texts["user"] == nil || texts["message"] == nil {
		return "", "", errors.New(`reading the observing log: it has to have the texts "user" and "message"`)
	}
	return *texts["user"], *texts["message"], nil
}

// Reply is the HTTP answer that a commander gives: a status and a JSON body.
type Reply struct {
	Status int
	Body   json.RawMessage
	// RetryAfter is the wait before asking again if the commander is too busy;
	// 0 otherwise.
	RetryAfter time.Duration
}

// Strict returns the reply if it can be passed on: with a final status and a
// body that a strict JSON parser accepts. Numbers that JSON does not have,
// which come out of the EFD, become null (quirk 48); all other bytes stay as
// they are. The error, a [*NoReplyError], says what is wrong.
func (r Reply) Strict() (Reply, error) {
	switch {
	case r.Status < 200 || r.Status > 599 || r.Status/100 == 3:
		return Reply{}, r.unusable("a redirection or worse, which cannot be passed on")
	case wire.Valid(r.Body) != nil:
		return Reply{}, r.unusable("no JSON: " + excerpt(r.Body))
	}
	if wire.MayHoldNonFinite(r.Body) {
		// The word may be part of a text. The same slice is kept then, which a
		// cache compares at once.
		if strict := wire.AppendStrict(nil, r.Body); !bytes.Equal(strict, r.Body) {
			r.Body = strict
		}
	}
	return r, nil
}

func (r Reply) unusable(what string) error {
	text := fmt.Sprintf("The commander answered with status %d and %s.", r.Status, what)
	return &NoReplyError{Status: http.StatusBadGateway, Sent: true, Text: text}
}

// AckReply returns the reply {"ack": text}.
func AckReply(status int, text string) Reply { return replyWith(status, love.Ack{Text: text}) }

func replyWith(status int, ack love.Ack) Reply {
	body, err := json.Marshal(ack)
	if err != nil { // a struct of a text and numbers always encodes
		panic(err)
	}
	return Reply{Status: status, Body: body}
}

// Done returns the reply to a command that succeeded.
func Done() Reply { return AckReply(http.StatusOK, love.Done) }
