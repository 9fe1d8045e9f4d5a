package commanderhttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

func TestStatus_OfEveryKind(t *testing.T) {
	for kind, status := range map[commander.Kind]int{
		commander.Unknown: 502, commander.TimedOut: 504, commander.NotSent: 503, commander.Busy: 503,
		commander.Refused: 400, commander.Forbidden: 403, commander.Awaiting: 202,
	} {
		err := &commander.Error{Kind: kind, Text: "why", Code: 301}
		require.Equal(t, status, commanderhttp.Status(err), kind)
		require.Equal(t, status, commanderhttp.Status(fmt.Errorf("executing: %w", err)), kind)
		require.Equal(t, commanderhttp.Response{Status: status, Body: json.RawMessage(`{"ack":"why","code":301}`)}, commanderhttp.ResponseOf(love.Ack{}, err))

		err.Err = &commanderhttp.StatusError{Status: 418, Body: json.RawMessage(`[1]`)}
		require.Equal(t, 418, commanderhttp.Status(err), "what the commander answered counts")
		require.EqualError(t, err, "why (HTTP 418)")
	}
	require.Equal(t, 200, commanderhttp.Status(nil))
	require.Equal(t, 502, commanderhttp.Status(errors.New("lost")))
	require.Equal(t, 502, commanderhttp.Status(context.Canceled))
	require.Equal(t, 504, commanderhttp.Status(fmt.Errorf("executing: %w", context.DeadlineExceeded)))
}

func TestResponse_StatusDeterminesTheKindOfTheError(t *testing.T) {
	for kind, statuses := range map[commander.Kind][]int{
		commander.Awaiting:  {202},
		commander.Forbidden: {403},
		commander.Refused:   {400, 401, 404, 405, 408, 413, 422, 429, 499, 501},
		commander.Busy:      {503},
		commander.TimedOut:  {504},
		commander.Unknown:   {201, 204, 299, 500, 502, 505, 599},
	} {
		for _, status := range statuses {
			r := commanderhttp.Response{Status: status, Body: json.RawMessage(`{"ack":"why","code":301,"error":7}`), RetryAfter: time.Second}
			ack, err := r.Ack()
			require.Zero(t, ack)
			require.Equal(t, &commander.Error{
				Kind: kind, Text: "why", Code: 301, RetryAfter: time.Second, Answered: true,
				Err: &commanderhttp.StatusError{Status: status, Body: r.Body},
			}, err, status)
			require.Equal(t, r, commanderhttp.ResponseOf(ack, err), "there and back")
		}
	}
}

func TestResponse_A200ThatIsNoAcknowledgementIsAnError(t *testing.T) {
	for _, body := range []string{
		`[1]`, `"Done"`, `{"code":303}`, `{"ack":null}`, `{"ack":1}`, `{"ack":1,"code":-302}`, "{\n \"a\": 1 }",
		`{"ACK":"Done"}`, `{"ack":"Done","ack":"Failed"}`, `{"ack":"Done","code":303,"code":-302}`, `{"ack":"Done"`,
		`{"ack":"x","code":"303"}`, `{"ack":"x","code":303.5}`, `{"ack":"x","code":1e300}`, `{"ack":"x","code":[]}`, `{"ack":"x","code":303,"error":{}}`,
	} {
		ack, err := commanderhttp.Response{Status: 200, Body: json.RawMessage(body)}.Ack()
		require.Zero(t, ack)
		require.Equal(t, commander.Unknown, commander.ErrorOf(err, "").Kind, body)
		require.Equal(t, 502, commanderhttp.Status(err))
		require.ErrorContains(t, err, "The commander answered with status 200 and no acknowledgement: "+strings.Join(strings.Fields(body), " ")+".")
	}
}

func TestResponse_AnAcknowledgementThatDoesNotEndTheCommandIsAnError(t *testing.T) {
	for code, text := range map[string]string{"300": "code 300", "301": "code 301"} {
		ack, err := commanderhttp.Response{Status: 200, Body: json.RawMessage(`{"ack":"x","code":` + code + `}`)}.Ack()
		require.Zero(t, ack)
		require.EqualError(t, err, "The commander answered with status 200 and "+text+", which does not end a command.")
		require.Equal(t, commander.Unknown, commander.ErrorOf(err, "").Kind)
	}
}

func TestResponse_NotSentAndBusyAreKeptApart(t *testing.T) {
	for kind, wait := range map[commander.Kind]time.Duration{commander.NotSent: 0, commander.Busy: time.Second} {
		r := commanderhttp.ResponseOf(love.Ack{}, &commander.Error{Kind: kind, Text: "why", RetryAfter: wait})
		_, err := r.Ack()
		require.Equal(t, kind, commander.ErrorOf(err, "").Kind)
	}
}

func TestResponse_HasAnAcknowledgement(t *testing.T) {
	for body, want := range map[string]love.Ack{
		`{"ack":"Done"}`: {Text: "Done"},
		`{"ack":"Failed: x","code":-302,"error":7,"more":[1]}`: {Text: "Failed: x", Code: -302, Error: 7},
		`{"ack":""}`:                             {},
		`{"ack":"","code":303}`:                  {Code: 303},
		`{"ack":"","code":-302}`:                 {Code: -302},
		`{"ack":"x","code":3.03e2,"error":null}`: {Text: "x", Code: 303},
	} {
		want.Raw = json.RawMessage(body)
		ack, err := commanderhttp.Response{Status: 200, Body: want.Raw}.Ack()
		require.NoError(t, err)
		require.Equal(t, want, ack)
		require.Equal(t, commanderhttp.Response{Status: 200, Body: want.Raw}, commanderhttp.ResponseOf(ack, err), "byte for byte")
	}
}

func TestResponse_HasItsHeaders(t *testing.T) {
	json := http.Header{"Content-Type": {"application/json"}}
	require.Equal(t, json, commanderhttp.Response{Status: 200}.Header())
	for wait, seconds := range map[time.Duration]string{1: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60"} {
		json.Set("Retry-After", seconds)
		require.Equal(t, json, commanderhttp.Response{Status: 503, RetryAfter: wait}.Header())
	}
}

func TestMissingKeys_ShowsTheBeginningOfTheBody(t *testing.T) {
	require.Equal(t, commander.Refuse("Request must have JSON data with the following keys: a, b. Received an empty body"),
		commanderhttp.MissingKeys("a, b", nil))
}

func TestStrictBody_ReturnsABodyWithoutNonFiniteNumbersUnchanged(t *testing.T) {
	for _, text := range []string{`{"a": 1.50, "b": "NaN"}`, `["Infinity"]`, ` {} `} {
		body := json.RawMessage(text)
		strict, err := commanderhttp.StrictBody(body)
		require.NoError(t, err)
		require.Same(t, &body[0], &strict[0], "a cache recognizes it")
	}
}

func FuzzStrictBody(f *testing.F) {
	for _, s := range []string{`{"ack":"Done"}`, `[NaN,-Infinity,"NaN"]`, `{"a":`, ``, `<p>`, `{"a":1e999}`, "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		strict, err := commanderhttp.StrictBody(body)
		if err == nil {
			require.True(t, json.Valid(strict), "%q", strict)
		}
		for _, status := range []int{200, 400} {
			ack, err := commanderhttp.Response{Status: status, Body: body}.Ack()
			require.True(t, json.Valid(commanderhttp.ResponseOf(ack, err).Body), "%q", body)
		}
	})
}
