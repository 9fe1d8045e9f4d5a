package commanderhttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// backend answers every request in the same way. Without a body and an error it
// panics.
type backend struct {
	body json.RawMessage
	err  error
}

func (b backend) TopicNames(context.Context, string) (json.RawMessage, error) { return b.body, b.err }

func (b backend) TopicData(context.Context, string) (json.RawMessage, error) {
	if b.body == nil && b.err == nil {
		panic("a bug")
	}
	return b.body, b.err
}

func (b backend) Heartbeat(context.Context) (time.Time, error) { return time.Time{}, b.err }

func (b backend) WriteObservingLog(context.Context, love.ObservingLog) (love.Ack, error) {
	return love.Ack{Raw: b.body}, b.err
}

func (b backend) Check(context.Context, commander.Call) (love.Ack, error) {
	return love.Ack{Raw: b.body}, b.err
}

func (b backend) Execute(context.Context, commander.Call) (love.Ack, error) {
	return love.Ack{Raw: b.body}, b.err
}

func (b backend) api() http.Handler {
	return commanderhttp.NewHandler(commanderhttp.Backend{Commander: b, Informer: b, Heartbeater: b, Logbook: b})
}

// commandAndLog is both a command and an observing log.
var commandAndLog = strings.TrimSuffix(posted, "}") + `,"user":"ana","message":"x"}`

func TestHandler_MentionsACommandOnlyInTheErrorsOfCommands(t *testing.T) {
	const noAnswer, slow = "The commander gave no answer.", "The commander did not answer in time."
	failed := errors.New("x")
	busy := &commander.Error{Kind: commander.Busy, Text: "busy", RetryAfter: time.Second}
	page := json.RawMessage("<p>")
	for _, c := range []struct {
		name         string
		backend      backend
		method, path string
		status       int
		ack          string
	}{
		{"names, an error", backend{err: failed}, "GET", "/salinfo/topic-names", 502, noAnswer},
		{"data, a deadline", backend{err: context.DeadlineExceeded}, "GET", "/salinfo/topic-data", 504, slow},
		{"names, too busy", backend{err: busy}, "GET", "/salinfo/topic-names", 503, "busy"},
		{"names, not JSON", backend{body: page}, "GET", "/salinfo/topic-names", 502, "The commander answered with status 200 and no JSON: <p>."},
		{"names, nothing", backend{}, "GET", "/salinfo/topic-names", 502, "The commander answered with status 200 and no JSON: an empty body."},
		{"data, a panic", backend{}, "GET", "/salinfo/topic-data", 500, "The commander failed on this request. Its log says why."},
		{"heartbeat, an error", backend{err: failed}, "GET", "/heartbeat/", 502, noAnswer},
		{"check, an error", backend{err: failed}, "POST", "/check-cmd", 502, noAnswer},
		{"check, a deadline", backend{err: context.DeadlineExceeded}, "POST", "/check-cmd", 504, slow},
		{"check, not JSON", backend{body: page}, "POST", "/check-cmd", 502, "The commander answered with status 200 and no JSON: <p>."},
		{"log, an error", backend{err: failed}, "POST", "/lovecsc/observinglog", 502, noAnswer + " " + commander.UnknownLog},
		{"log, a deadline", backend{err: context.DeadlineExceeded}, "POST", "/lovecsc/observinglog", 504, slow + " " + commander.UnknownLog},
		{"log, too busy", backend{err: busy}, "POST", "/lovecsc/observinglog", 503, "busy"},
		{"log, not JSON", backend{body: page}, "POST", "/lovecsc/observinglog", 502, "The commander answered with status 200 and no JSON: <p>."},
	} {
		t.Run(c.name, func(t *testing.T) {
			withAPI(t, c.backend.api(), func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
				body := ""
				if c.method == "POST" {
					body = commandAndLog
				}
				a := ask(t, plain, c.method, c.path, body)
				require.Equal(t, c.status, a.status)
				require.Equal(t, c.ack, ackOf(t, a))
				if c.status == 503 {
					require.Equal(t, "1", a.header.Get("Retry-After"))
				}
			})
		})
	}
}

// apiPaths are the paths of a commander that answer with a body of the backend.
var apiPaths = map[string]string{
	"/cmd/": "POST", "/check-cmd": "POST", "/lovecsc/observinglog": "POST", "/salinfo/topic-names": "GET", "/salinfo/topic-data": "GET",
}

// See docs/protocol/commander.md#errors.
func TestHandler_WritesNullForNaNAndInfinity(t *testing.T) {
	b := backend{body: json.RawMessage(`{"ack":"NaN","v":[NaN,-Infinity,1.50,123456789012345678901234567890]}`)}
	withAPI(t, b.api(), func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
		for path, method := range apiPaths {
			for range 2 {
				a := ask(t, plain, method, path, commandAndLog)
				require.Equal(t, 200, a.status)
				require.Equal(t, `{"ack":"NaN","v":[null,null,1.50,123456789012345678901234567890]}`, a.body, path)
			}
		}
	})
}

// One of our commanders in front of another one.
func TestHandler_PassesOnTheAnswerOfAnotherCommander(t *testing.T) {
	for _, status := range []int{202, 400, 418, 500, 503} {
		body := json.RawMessage(`{"ack": "a\u00f1", "n": [1.50, 1e999], "ack": 2}`)
		b := backend{err: &commander.Error{
			Kind: commander.Busy, Text: "not this text", RetryAfter: 1500 * time.Millisecond,
			Err: &commanderhttp.StatusError{Status: status, Body: body},
		}}
		withAPI(t, b.api(), func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
			for path, method := range apiPaths {
				a := ask(t, plain, method, path, commandAndLog)
				require.Equal(t, status, a.status, path)
				require.Equal(t, string(body), a.body, path)
				require.Equal(t, "2", a.header.Get("Retry-After"), "seconds, rounded up")
			}
		})
	}
}

func TestHandler_PassesOnAnObservingLogAsPosted(t *testing.T) {
	var written []love.ObservingLog
	api := commanderhttp.NewHandler(commanderhttp.Backend{Logbook: logbook(func(l love.ObservingLog) (love.Ack, error) {
		written = append(written, l)
		return love.Ack{Text: "Added new observing log to SAL"}, nil
	})})
	withAPI(t, api, func(t *testing.T, c *commanderhttp.Client, plain *http.Client) {
		const text = ` {"user":"ana","message":"añ","identity":"admin@host","more":1.50} `
		a := ask(t, plain, "POST", "/lovecsc/observinglog", text)
		require.Equal(t, 200, a.status)
		require.Equal(t, `{"ack":"Added new observing log to SAL"}`, a.body)
		ack, err := c.WriteObservingLog(t.Context(), love.ObservingLog{User: "ben", Message: "x"})
		require.NoError(t, err)
		require.Equal(t, "Added new observing log to SAL", ack.Text)
		require.Equal(t, []love.ObservingLog{
			{User: "ana", Message: "añ", Posted: json.RawMessage(strings.TrimSpace(text))},
			{User: "ben", Message: "x", Posted: json.RawMessage(`{"user":"ben","message":"x"}`)},
		}, written)
	})
}
