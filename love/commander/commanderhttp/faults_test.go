package commanderhttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

func TestClient_ExplainsToTheOperatorWhyThereIsNoAnswer(t *testing.T) {
	progress := func(lines string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", commanderhttp.ProgressType)
			_, _ = io.WriteString(w, lines)
		}
	}
	for name, c := range map[string]struct {
		cmd    http.HandlerFunc
		kind   commander.Kind
		status int
		ack    string
	}{
		"an HTML page": {respondWith(500, "<html><body>\n<h1>Internal Server Error</h1>"), commander.Unknown, 502,
			"The commander answered with status 500 and no JSON: <html><body> <h1>Internal Server Error</h1>. " +
				"It does so if the component refused the command or could not execute it, and for a component, command or parameter that it does not know: look at the component, check the command, then see the commander's log."},
		"a page of success": {respondWith(200, "<p>ok"), commander.Unknown, 502, "The commander answered with status 200 and no JSON: <p>ok."},
		"nothing":           {respondWith(200, ""), commander.Unknown, 502, "The commander answered with status 200 and no JSON: an empty body."},
		"half an object":    {respondWith(200, `{"ack": "Do`), commander.Unknown, 502, `The commander answered with status 200 and no JSON: {"ack": "Do.`},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"ack":`)
		}, commander.Unknown, 502, "The commander at commander:5000 broke off its answer. Whether the command was executed is unknown"},
		"a lost connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, commander.Unknown, 502,
			"The commander at commander:5000 broke off its answer."},
		"silence": {afterBody(neverAnswer), commander.TimedOut, 504,
			"The commander at commander:5000 did not answer in time. Whether the command was executed is unknown: look at the component before you repeat it."},
		"a beginning, then silence": {afterBody(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"ack":`)
			_ = http.NewResponseController(w).Flush()
			neverAnswer(w, r)
		}), commander.TimedOut, 504, "The commander at commander:5000 did not answer in time."},
		"a redirect elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://other:5000/cmd/", http.StatusPermanentRedirect)
		}, commander.Unknown, 502, "The commander answered with status 308 and a redirection"},
		"a redirect that drops the body": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/heartbeat/", http.StatusFound)
		}, commander.Unknown, 502, "The commander answered with status 302 and a redirection"},
		"a line that is not progress": {progress("<p>\n"), commander.Unknown, 502, "The commander answered with status 200 and no JSON: <p>."},
		"half a line, then silence": {afterBody(func(w http.ResponseWriter, r *http.Request) {
			progress(`{"progress":{"code":301}}`+"\n"+`{"status":200,"body":{"ack":`)(w, r)
			_ = http.NewResponseController(w).Flush()
			neverAnswer(w, r)
		}), commander.TimedOut, 504, "The commander at commander:5000 did not answer in time. Whether the command was executed is unknown"},
		"half a line, then the end of the connection": {func(w http.ResponseWriter, r *http.Request) {
			progress(`{"progress":{"code":301}}`+"\n"+`{"status":200,"body":{"ack":`)(w, r)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, commander.Unknown, 502, "The commander at commander:5000 broke off its answer. Whether the command was executed is unknown"},
		"progress without an end": {progress(`{"progress":{"code":301}}` + "\n"), commander.Unknown, 502,
			"The commander at commander:5000 broke off its answer."},
		"an end that is a redirection": {progress(`{"status":302,"body":{}}` + "\n"), commander.Unknown, 502,
			"The commander answered with status 302 and a redirection"},
	} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, pythonCommander(c.cmd), func(t *testing.T, client *commanderhttp.Client, _ *http.Client) {
				_, err := execute(t, client)
				failed, ok := errors.AsType[*commander.Error](err)
				require.True(t, ok, "%v", err)
				require.Equal(t, c.kind, failed.Kind)
				require.True(t, failed.Sent())
				require.Contains(t, failed.Text, c.ack)
				require.Equal(t, commanderhttp.Response{Status: c.status, Body: ackBody(failed.Text)}, commanderhttp.ResponseOf(love.Ack{}, err))
			})
		})
	}
}

// ackBody returns the body of an answer {"ack": text}.
func ackBody(text string) json.RawMessage {
	return commanderhttp.ResponseOf(love.Ack{Text: text}, nil).Body
}

func TestClient_ReportsACancelledCaller(t *testing.T) {
	withAPI(t, pythonCommander(afterBody(neverAnswer)), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		defer time.AfterFunc(time.Second, cancel).Stop()
		_, err := c.Execute(ctx, switchOn)
		require.Equal(t, &commander.Error{
			Kind: commander.Unknown, Err: context.Canceled,
			Text: "Nobody waits for the commander's answer any more. " + commander.UnknownOutcome,
		}, err)
	})
}

func TestClient_SendsAnObservingLogAsItIs(t *testing.T) {
	const posted = `{"user": "somebody", "message": "a\u00f1, añ", "n": 12345678901234567890123.10}`
	for _, c := range []struct {
		log    love.ObservingLog
		sent   string
		status int
		answer string
	}{
		{love.ObservingLog{User: "somebody", Posted: json.RawMessage(posted), Identity: "ana@host"}, posted, 200, `{"ack": "Added new observing log to SAL"}`},
		{love.ObservingLog{Posted: json.RawMessage(posted)}, posted, 400, `{"ack": "LOVE CSC could not stablish connection"}`},
		{love.ObservingLog{User: `"ana"`, Message: "añ\n<b>", Identity: "ana@host"}, `{"user":"\"ana\"","message":"añ\n<b>"}`, 200, `{"ack":"Done"}`},
		{love.ObservingLog{}, `{"user":"","message":""}`, 200, `{"ack":"Done"}`},
	} {
		withAPI(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got, _ := io.ReadAll(r.Body)
			if r.Method != "POST" || r.RequestURI != "/lovecsc/observinglog" || r.Header.Get("Content-Type") != "application/json" || string(got) != c.sent {
				t.Errorf("got %s %s %s", r.Method, r.RequestURI, got)
			}
			respondWith(c.status, c.answer)(w, r)
		}), func(t *testing.T, client *commanderhttp.Client, _ *http.Client) {
			ack, err := client.WriteObservingLog(t.Context(), c.log)
			require.Equal(t, commanderhttp.Response{Status: c.status, Body: json.RawMessage(c.answer)}, commanderhttp.ResponseOf(ack, err))
		})
	}
}

// A commander behind a proxy that serves it under another path, or without the
// slash.
func TestClient_FollowsARedirectThatKeepsMethodAndBody(t *testing.T) {
	for _, status := range []int{http.StatusPermanentRedirect, http.StatusTemporaryRedirect} {
		mux := http.NewServeMux()
		mux.HandleFunc("/cmd/{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/commander/cmd", status) })
		mux.HandleFunc("/commander/cmd", func(w http.ResponseWriter, r *http.Request) {
			got, _ := io.ReadAll(r.Body)
			if r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("got %s %s", r.Method, r.Header)
			}
			respondWith(200, `{"ack":"Done","got":`+string(got)+`}`)(w, r)
		})
		withAPI(t, mux, func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
			ack, err := execute(t, c)
			require.NoError(t, err)
			require.Equal(t, `{"ack":"Done","got":`+posted+`}`, string(ack.Raw))
		})
	}
}

func TestClient_DoesNotSendACommandThatIsNotAnObject(t *testing.T) {
	withAPI(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("sent") }), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		for body, shown := range map[string]string{``: "an empty body", `[]`: "[]", `{"csc":"Lamp","salindex":0,"cmd":"cmd_on","params":{`: `{"csc":"Lamp","salindex":0,"cmd":"cmd_on","params":{`, `{} {}`: "{} {}"} {
			for _, do := range []func(context.Context, commander.Call) (love.Ack, error){c.Execute, c.Check} {
				_, err := do(t.Context(), commander.Call{Command: love.Command{Identity: "ana@host"}, Posted: json.RawMessage(body)})
				require.Equal(t, commander.Refuse("a command is a JSON object, not %s", shown), err)
			}
		}
	})
}

func TestClient_ReportsForEachRequestWhatMayHaveHappened(t *testing.T) {
	requests := map[string]struct {
		do      func(ctx context.Context, c *commanderhttp.Client) error
		outcome string
	}{
		"log": {func(ctx context.Context, c *commanderhttp.Client) error {
			_, err := c.WriteObservingLog(ctx, love.ObservingLog{User: "ana", Message: "x"})
			return err
		}, " Whether the observing log was written is unknown: look for it before you write it again."},
		"efd": {func(ctx context.Context, c *commanderhttp.Client) error {
			_, err := c.Relay(ctx, commanderhttp.Request{Method: "GET", Path: "/efd/timeseries"})
			return err
		}, ""},
		"check": {func(ctx context.Context, c *commanderhttp.Client) error { _, err := c.Check(ctx, switchOn); return err }, ""},
		"names": {func(ctx context.Context, c *commanderhttp.Client) error { _, err := c.TopicNames(ctx, ""); return err }, ""},
		"data":  {func(ctx context.Context, c *commanderhttp.Client) error { _, err := c.TopicData(ctx, ""); return err }, ""},
		"beat":  {func(ctx context.Context, c *commanderhttp.Client) error { _, err := c.Heartbeat(ctx); return err }, ""},
	}
	faults := map[string]struct {
		answer http.HandlerFunc
		kind   commander.Kind
		text   string
	}{
		"a page of status 500":     {respondWith(500, "<h1>Oops</h1>"), commander.Unknown, "The commander answered with status 500 and no JSON: <h1>Oops</h1>."},
		"a page of another server": {respondWith(200, "<h1>It works</h1>"), commander.Unknown, "The commander answered with status 200 and no JSON: <h1>It works</h1>."},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"ack":`)
		}, commander.Unknown, "The commander at commander:5000 broke off its answer."},
		"silence": {afterBody(neverAnswer), commander.TimedOut, "The commander at commander:5000 did not answer in time."},
	}
	for fault, f := range faults {
		for name, q := range requests {
			t.Run(fault+", "+name, func(t *testing.T) {
				withAPI(t, f.answer, func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
					ctx, cancel := commander.WithTimeout(t.Context(), commandTimeout)
					defer cancel()
					asked := time.Now()
					failed, ok := errors.AsType[*commander.Error](q.do(ctx, c))
					require.True(t, ok)
					require.Equal(t, f.kind, failed.Kind)
					require.Equal(t, f.text+q.outcome, failed.Text)
					require.LessOrEqual(t, time.Since(asked), commandTimeout)
				})
			})
		}
	}
}

// See docs/protocol/manager.md#heartbeats: the manager waits less than the time
// between two heartbeats.
func TestClient_HeartbeatEndsWithItsContext(t *testing.T) {
	withAPI(t, http.HandlerFunc(neverAnswer), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		asked := time.Now()
		_, err := c.Heartbeat(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 2*time.Second, time.Since(asked))
	})
}

func TestClient_RefusesAnInvalidHeartbeat(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
	}{{200, `{}`}, {200, `{"timestamp":"now"}`}, {200, `{"timestamp":null}`}, {200, `{"timestamp":NaN}`}, {200, `[1]`}, {500, `{"timestamp":1}`}} {
		withAPI(t, respondWith(c.status, c.body), func(t *testing.T, client *commanderhttp.Client, _ *http.Client) {
			_, err := client.Heartbeat(t.Context())
			require.ErrorContains(t, err, fmt.Sprintf("commander:5000 is not a LOVE-commander: its heartbeat is %d ", c.status), c.body)
		})
	}
}

// endless answers with a body that never ends.
type endless struct{ contentType string }

func (e endless) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {e.contentType}}, Body: io.NopCloser(e)}, nil
}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestClient_BoundsAnAnswer(t *testing.T) {
	for _, contentType := range []string{"application/json", commanderhttp.ProgressType} {
		c, err := commanderhttp.New("commander:5000", commanderhttp.WithTransport(endless{contentType}))
		require.NoError(t, err)
		_, err = c.TopicData(t.Context(), "")
		require.EqualError(t, err, "The commander answered with status 200 and more than 64 MiB.")
		_, err = c.Execute(t.Context(), switchOn)
		require.EqualError(t, err, "The commander answered with status 200 and more than 1 MiB. "+commander.UnknownOutcome)
		_, err = c.Check(t.Context(), switchOn)
		require.EqualError(t, err, "The commander answered with status 200 and more than 1 MiB.")
		_, err = c.WriteObservingLog(t.Context(), love.ObservingLog{User: "ana", Message: "x"})
		require.EqualError(t, err, "The commander answered with status 200 and more than 1 MiB. "+commander.UnknownLog)
		_, err = c.Heartbeat(t.Context())
		require.EqualError(t, err, "The commander answered with status 200 and more than 1 MiB.")
	}
}

// A large answer takes much memory, so that only a few are read at a time. An
// acknowledgement does not wait for them.
func TestClient_ReadsFewLargeAnswersAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		large := largeAnswers{more: make(chan struct{})}
		c, err := commanderhttp.New("commander:5000", commanderhttp.WithTransport(&large))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		var asked sync.WaitGroup
		for range 10 {
			asked.Go(func() { _, _ = c.TopicData(ctx, "") })
		}
		synctest.Wait()
		require.EqualValues(t, 4, large.reading.Load())
		ack, err := c.Execute(t.Context(), switchOn)
		require.NoError(t, err)
		require.Equal(t, "Done", ack.Text)

		cancel()
		asked.Wait()
		go close(large.more)
		_, err = c.TopicData(t.Context(), "")
		require.NoError(t, err)
	})
}

// largeAnswers answers questions with a large body, whose end comes when more is
// closed, and commands with "Done".
type largeAnswers struct {
	reading atomic.Int32 // bodies of which more than a MiB is being read
	more    chan struct{}
}

func (l *largeAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	body := io.NopCloser(strings.NewReader(`{"ack":"Done"}`))
	if r.Method == http.MethodGet {
		end := readerFunc(func([]byte) (int, error) {
			l.reading.Add(1)
			defer l.reading.Add(-1)
			select {
			case <-l.more:
				return 0, io.EOF
			case <-r.Context().Done():
				return 0, r.Context().Err()
			}
		})
		body = io.NopCloser(io.MultiReader(strings.NewReader(`"`+strings.Repeat("x", 2<<20)+`"`), end))
	}
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
