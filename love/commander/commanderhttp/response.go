package commanderhttp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// Response is an HTTP answer of a LOVE-commander, or to one of its clients.
type Response struct {
	Status     int
	Body       json.RawMessage
	RetryAfter time.Duration // 0: no such header
}

// StatusError is the cause of a [commander.Error] when a LOVE-commander answered
// with a status other than 200. It holds the answer, which is passed on as it is.
type StatusError struct {
	Status int
	Body   json.RawMessage
}

// Error implements error.
func (e *StatusError) Error() string { return fmt.Sprintf("HTTP %d", e.Status) }

// The statuses that our commanders answer with. Clients and the LOVE-frontend know
// them (docs/protocol/manager.md#commands, docs/protocol/commander.md#commands).
var statuses = map[commander.Kind]int{
	commander.Awaiting:  http.StatusAccepted,
	commander.Refused:   http.StatusBadRequest,
	commander.Forbidden: http.StatusForbidden,
	commander.Unknown:   http.StatusBadGateway,
	commander.NotSent:   http.StatusServiceUnavailable,
	commander.Busy:      http.StatusServiceUnavailable, // with Retry-After
	commander.TimedOut:  http.StatusGatewayTimeout,
}

// Status returns the HTTP status that answers a command for which a commander
// returned err: 200 for nil.
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	if answered, ok := errors.AsType[*StatusError](err); ok {
		return answered.Status
	}
	return statuses[commander.ErrorOf(err, "").Kind]
}

// kind returns what the status of an answer means for the command.
func (r Response) kind() commander.Kind {
	switch status := r.Status; {
	case status == http.StatusAccepted:
		return commander.Awaiting
	case status == http.StatusForbidden:
		return commander.Forbidden
	case status/100 == 4, status == http.StatusNotImplemented:
		return commander.Refused
	case status == http.StatusServiceUnavailable && r.RetryAfter > 0:
		return commander.Busy
	case status == http.StatusServiceUnavailable:
		return commander.NotSent
	case status == http.StatusGatewayTimeout:
		return commander.TimedOut
	}
	return commander.Unknown
}

// ResponseOf returns the answer to a command or an observing log: that of the
// LOVE-commander which gave it, byte for byte, or else an object {"ack", "code",
// "error"} with the status of [Status]. An answer of a LOVE-commander that
// cannot be passed on is replaced by a text that says so.
func ResponseOf(ack love.Ack, err error) Response {
	if err == nil && ack.Raw == nil {
		return Response{Status: http.StatusOK, Body: encode(ack)}
	}
	answer := Response{Status: http.StatusOK, Body: ack.Raw}
	if err != nil {
		e := commander.ErrorOf(err, commander.UnknownOutcome)
		answered, ok := errors.AsType[*StatusError](err)
		if !ok {
			return Response{Status: Status(err), Body: encode(love.Ack{Text: e.Text, Code: e.Code}), RetryAfter: e.RetryAfter}
		}
		answer = Response{Status: answered.Status, Body: answered.Body, RetryAfter: e.RetryAfter}
	}
	// A commander other than a [Client] may have made the answer.
	passable, unusable := answer.strict()
	if unusable != nil {
		return ResponseOf(love.Ack{}, unusable)
	}
	return passable
}

// textResponse returns the answer {"ack": text}.
func textResponse(status int, text string) Response {
	return Response{Status: status, Body: encode(love.Ack{Text: text})}
}

func encode(ack love.Ack) json.RawMessage {
	body, err := json.Marshal(ack)
	if err != nil { // cannot be: a struct of a text and numbers always encodes
		panic(err)
	}
	return body
}

// Ack returns the acknowledgement in the answer to a command or an observing log. A
// status other than 200 is a [*commander.Error] with a [*StatusError], whose text is
// the beginning of the body if that is not an acknowledgement. A 200 that is not one,
// or one that does not end the command, is an error too: nobody knows what it means.
func (r Response) Ack() (love.Ack, error) {
	ack, ok := r.decode()
	switch {
	case r.Status == http.StatusOK && ok && (ack.Code == 300 || ack.Code == 301):
		return love.Ack{}, r.unusable(fmt.Sprintf("code %d, which does not end a command", ack.Code))
	case r.Status == http.StatusOK && ok:
		ack.Raw = r.Body
		return ack, nil
	case r.Status == http.StatusOK:
		return love.Ack{}, r.unusable("no acknowledgement: " + httpapi.Excerpt(r.Body))
	case !ok:
		ack.Text = httpapi.Excerpt(r.Body)
	}
	return love.Ack{}, &commander.Error{
		Kind: r.kind(), Text: ack.Text, Code: ack.Code, RetryAfter: r.RetryAfter, Answered: true, Err: &StatusError{r.Status, r.Body},
	}
}

// decode returns the acknowledgement that the body is. Keys are exact, and must not
// occur twice: others would read the answer differently.
func (r Response) decode() (ack love.Ack, ok bool) {
	body := bytes.TrimSpace(r.Body)
	if len(body) == 0 || body[0] != '{' || wire.Strict(body) != nil {
		return love.Ack{}, false
	}
	var hasText bool
	for name, value := range wire.Members(body) {
		valid := true
		switch name {
		case "ack":
			if hasText = wire.IsText(value); hasText {
				ack.Text = string(wire.Text(value))
			}
		case "code":
			valid = integer(value, &ack.Code)
		case "error":
			valid = integer(value, &ack.Error)
		}
		if !valid {
			return love.Ack{}, false
		}
	}
	return ack, hasText
}

// integer reads a JSON number that is whole. A missing one, and null, are 0.
func integer(value json.RawMessage, n *int) bool {
	if len(value) == 0 || string(value) == "null" {
		return true
	}
	f, err := strconv.ParseFloat(string(value), 64)
	*n = int(f)
	return err == nil && float64(*n) == f
}

// strict returns the answer if it can be passed on: with a final status and a body
// that a strict JSON parser accepts. Numbers that JSON does not have, which come out
// of the EFD, become null (docs/protocol/manager.md#relayed-answers); all other
// bytes stay as they are. The error, a [*commander.Error], says what is wrong.
func (r Response) strict() (Response, error) {
	switch {
	case r.Status < 200 || r.Status > 599 || r.Status/100 == 3:
		return Response{}, r.unusable("a redirection or worse, which cannot be passed on")
	case wire.Valid(r.Body) != nil:
		return Response{}, r.unusable("no JSON: " + httpapi.Excerpt(r.Body))
	}
	if wire.MayHoldNonFinite(r.Body) {
		// The word may be part of a text. The same slice is kept then, because a
		// cache recognizes it without comparing the bytes.
		if strict := wire.AppendStrict(nil, r.Body); !bytes.Equal(strict, r.Body) {
			r.Body = strict
		}
	}
	return r, nil
}

// StrictBody returns the body of a LOVE-commander's answer if it is JSON, with
// null for the numbers that JSON does not have. The error, a [*commander.Error],
// shows the beginning of what is not JSON.
func StrictBody(body json.RawMessage) (json.RawMessage, error) {
	r, err := Response{Status: http.StatusOK, Body: body}.strict()
	return r.Body, err
}

func (r Response) unusable(what string) error {
	return &commander.Error{Kind: commander.Unknown, Text: fmt.Sprintf("The commander answered with status %d and %s.", r.Status, what)}
}

// Header returns the headers that the response has.
func (r Response) Header() http.Header {
	h := http.Header{"Content-Type": {"application/json"}}
	if r.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(r.RetryAfter.Seconds()))))
	}
	return h
}

func (r Response) answer() httpapi.Answer {
	return httpapi.Answer{Status: r.Status, Header: r.Header(), Raw: r.Body}
}
