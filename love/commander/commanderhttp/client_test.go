package commanderhttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

func TestClient_SendsACommandAsPostedExceptForTheIdentity(t *testing.T) {
	for given, sent := range map[string]string{
		`{"csc":"X","salindex":1,"cmd":"cmd_x","params":{"a":12345678901234567890123.10,"é":"\u00e9"}}`: `{"csc":"X","salindex":1,"cmd":"cmd_x","params":{"a":12345678901234567890123.10,"é":"\u00e9"},"identity":"ana@host"}`,
		`{"identity":"admin@summit","\u0069dentity":"admin","anything":[ 1e400 ]}`:                      `{"anything":[ 1e400 ],"identity":"ana@host"}`,
		" {}\n": `{"identity":"ana@host"}`,
	} {
		var got []byte
		withAPI(t, pythonCommander(func(w http.ResponseWriter, r *http.Request) {
			got, _ = io.ReadAll(r.Body)
			if r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("got %s %s", r.Method, r.Header)
			}
			respondWith(200, `{"ack":"Done"}`)(w, r)
		}), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
			ack, err := c.Execute(t.Context(), commander.Call{Command: love.Command{Identity: "ana@host"}, Posted: json.RawMessage(given)})
			require.NoError(t, err)
			require.Equal(t, love.Ack{Text: love.Done, Raw: json.RawMessage(`{"ack":"Done"}`)}, ack)
			require.Equal(t, sent, string(got))
		})
	}
}

func TestClient_EncodesACommandThatWasNotPosted(t *testing.T) {
	var got []string
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.URL.Path+" "+string(body))
		respondWith(200, `{"ack":"Done"}`)(w, r)
	})
	withAPI(t, api, func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		for _, command := range []love.Command{
			{CSC: "Lamp", SalIndex: 2, Name: "cmd_on", Params: json.RawMessage(`{"n":12345678901234567890123.10}`), Identity: "ana@host"},
			{CSC: "Lamp", Name: "cmd_off", Identity: "añ@host"},
		} {
			for _, do := range []func(context.Context, commander.Call) (love.Ack, error){c.Execute, c.Check} {
				_, err := do(t.Context(), commander.Call{Command: command})
				require.NoError(t, err)
			}
		}
		const on = `{"csc":"Lamp","salindex":2,"cmd":"cmd_on","params":{"n":12345678901234567890123.10},"identity":"ana@host"}`
		const off = `{"csc":"Lamp","salindex":0,"cmd":"cmd_off","params":{},"identity":"añ@host"}`
		require.Equal(t, []string{"/cmd/ " + on, "/check-cmd " + on, "/cmd/ " + off, "/check-cmd " + off}, got)

		_, err := c.Execute(t.Context(), commander.Call{Command: love.Command{CSC: "Lamp", Name: "cmd_on", Params: json.RawMessage(`{"n":`)}})
		require.Equal(t, commander.Refuse(`the parameters of a command are a JSON object, not {"n":`), err)
		require.Len(t, got, 4, "nothing was sent")
	})
}

func TestClient_PassesOnAnyAnswer(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
	}{
		{200, `{"ack": "Failed: not enabled"}`, ""},
		{400, `{"ack": "keys", "extra": [1, {"x": null}]}`, ""},
		{504, `{"ack": "Command time out. No ack received from component."}`, ""},
		{500, `{"ack": "internal"}`, ""},
		{202, `{"ack": "waits", "id": 7}`, ""},
		{299, `{"ack": "Done"}`, ""},
		{599, `"odd"`, ""},
		{200, `{"ack": "", "n": [123456789012345678901234567890.123456789012345678901234567890, 1e999, 1.0]}`, ""},
		{200, `{"ack": "NaN", "b": [NaN, Infinity, -Infinity]}`, `{"ack": "NaN", "b": [null, null, null]}`},
		{400, `{"a": NaN, "c": "NaN"}`, `{"a": null, "c": "NaN"}`},
	} {
		withAPI(t, pythonCommander(respondWith(c.status, c.body)), func(t *testing.T, client *commanderhttp.Client, _ *http.Client) {
			if c.want == "" {
				c.want = c.body
			}
			want := commanderhttp.Response{Status: c.status, Body: json.RawMessage(c.want)}
			ack, err := execute(t, client)
			require.Equal(t, c.status == 200, err == nil)
			require.Equal(t, want, commanderhttp.ResponseOf(ack, err))
			require.Equal(t, c.status, commanderhttp.Status(err))

			relayed, err := client.Relay(t.Context(), commanderhttp.Request{Method: "POST", Path: "/cmd/"})
			require.NoError(t, err)
			require.Equal(t, want, relayed)
		})
	}
}

func TestClient_A200ThatIsNoAcknowledgementHasAnUnknownOutcome(t *testing.T) {
	for _, body := range []string{`[]`, `null`, `{"x":1}`, `{"ack":5}`, `{"ack":null}`, `"Done"`, `{"code":303}`, `{"ack":"x","code":"303"}`} {
		withAPI(t, pythonCommander(respondWith(200, body)), func(t *testing.T, client *commanderhttp.Client, _ *http.Client) {
			_, err := execute(t, client)
			require.Equal(t, &commander.Error{
				Kind: commander.Unknown, Text: "The commander answered with status 200 and no acknowledgement: " + body + ". " + commander.UnknownOutcome,
			}, err)
			require.Equal(t, 502, commanderhttp.Status(err))
		})
	}
}

func TestClient_SendsNothingIfTheCommanderCannotCheck(t *testing.T) {
	sent := pythonCommander(func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	for name, api := range map[string]http.Handler{
		"a page of status 404": sent,
		"a status 405":         respondWith(405, `{"ack":"no"}`),
	} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, api, func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
				ack, err := c.Check(t.Context(), switchOn)
				require.NoError(t, err)
				require.Equal(t, love.Ack{Text: commander.Unchecked}, ack)
			})
		})
	}
}

func TestClient_AnswersAMissingPathInJSON(t *testing.T) {
	withAPI(t, http.NotFoundHandler(), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		_, err := c.Metadata(t.Context())
		require.Equal(t, commanderhttp.Response{
			Status: 404, Body: json.RawMessage(`{"ack":"The commander at commander:5000 has no /salinfo/metadata."}`),
		}, commanderhttp.ResponseOf(love.Ack{}, err))
	})
}

func TestClient_ReportsNotSentIfTheCommanderCannotBeReached(t *testing.T) {
	c, err := commanderhttp.New("http://127.0.0.1:1")
	require.NoError(t, err)
	defer c.Close()
	_, err = execute(t, c)
	failed, ok := errors.AsType[*commander.Error](err)
	require.True(t, ok)
	require.Equal(t, commander.NotSent, failed.Kind)
	require.False(t, failed.Sent())
	require.Equal(t, "The commander at 127.0.0.1:1 cannot be reached. Nothing was sent: see whether it runs.", failed.Text)
	require.ErrorContains(t, err, "connection refused", "the log has the cause")
	require.Equal(t, 503, commanderhttp.Status(err))
}

func TestClient_SendsNothingTwice(t *testing.T) {
	count := 0
	withAPI(t, pythonCommander(func(w http.ResponseWriter, r *http.Request) {
		if count++; count > 1 {
			panic(http.ErrAbortHandler) // on a connection that was good before
		}
		respondWith(200, `{}`)(w, r)
	}), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		for range 2 {
			_, _ = execute(t, c)
		}
		require.Equal(t, 2, count)
	})
}

func TestClient_ReportsProgressWhichExtendsTheCallersTimeout(t *testing.T) {
	withAPI(t, pythonCommander(afterBody(func(w http.ResponseWriter, r *http.Request) {
		p := commanderhttp.NewProgressWriter(w, r)
		p.Report(love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: 60})
		time.Sleep(70 * time.Second)
		p.Finish(commanderhttp.Response{Status: 200, Body: json.RawMessage(`{"ack":"Done"}`)})
	})), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		var reported []love.Progress
		ctx, cancel := commander.WithTimeout(t.Context(), commandTimeout)
		defer cancel()
		ack, err := c.Execute(commander.WithProgress(ctx, func(p love.Progress) { reported = append(reported, p) }), switchOn)
		require.NoError(t, err)
		require.Equal(t, love.Ack{Text: love.Done, Raw: json.RawMessage(`{"ack":"Done"}`)}, ack)
		require.Equal(t, []love.Progress{{Code: 301, Name: "CMD_INPROGRESS", Timeout: 60}}, reported)
	})
}

func TestClient_HasNoTimeoutOfItsOwn(t *testing.T) {
	withAPI(t, pythonCommander(afterBody(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(24 * time.Hour)
		respondWith(200, `{"ack":"Done"}`)(w, r)
	})), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		ack, err := c.Execute(t.Context(), switchOn)
		require.NoError(t, err)
		require.True(t, ack.Succeeded())
	})
}

func TestClient_RefusesRequestsWhileTooManyAreUnderWay(t *testing.T) {
	withAPI(t, pythonCommander(afterBody(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(5 * time.Second)
		respondWith(200, `{"ack":"Done"}`)(w, r)
	})), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		first := make(chan error)
		go func() {
			_, err := execute(t, c)
			first <- err
		}()
		synctest.Wait()
		_, err := execute(t, c)
		require.Equal(t, &commander.Error{
			Kind: commander.Busy, RetryAfter: time.Second,
			Text: "Too many requests to the commander are under way (1). Nothing was sent: try again in a moment.",
		}, err)
		require.Equal(t, 503, commanderhttp.Status(err))
		_, err = c.Heartbeat(t.Context())
		require.NoError(t, err, "a busy commander is alive")
		require.NoError(t, <-first)
	}, commanderhttp.WithMaxRequests(1))
}

func TestClient_ReadsTheHeartbeatOfAPythonCommander(t *testing.T) {
	withAPI(t, pythonCommander(respondWith(200, `{}`)), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		at, err := c.Heartbeat(t.Context())
		require.NoError(t, err)
		require.Equal(t, "2023-08-01T01:17:19.85Z", at.UTC().Format(time.RFC3339Nano))
	})
	withAPI(t, respondWith(200, `{"hello":1}`), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		_, err := c.Heartbeat(t.Context())
		require.ErrorContains(t, err, `commander:5000 is not a LOVE-commander: its heartbeat is 200 {"hello":1}`)
	})
}

func TestClient_EncodesCategoriesAndRelaysAnyRequest(t *testing.T) {
	var got []string
	withAPI(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.RequestURI)
		respondWith(200, `{}`)(w, r)
	}), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		empty := func(body json.RawMessage, err error) {
			require.NoError(t, err)
			require.Equal(t, `{}`, string(body))
		}
		empty(c.TopicNames(t.Context(), ""))
		empty(c.TopicNames(t.Context(), "event&x=1#"))
		empty(c.TopicData(t.Context(), "event telemetry"))
		empty(c.Metadata(t.Context()))
		r, err := c.Relay(t.Context(), commanderhttp.Request{Method: "POST", Path: "/efd/timeseries", Body: json.RawMessage(`{}`)})
		empty(r.Body, err)
		require.Equal(t, []string{
			"GET /salinfo/topic-names",
			"GET /salinfo/topic-names?categories=event%26x%3D1%23",
			"GET /salinfo/topic-data?categories=event+telemetry",
			"GET /salinfo/metadata",
			"POST /efd/timeseries",
		}, got)
	})
}

func TestClient_PassesOnTheErrorOfSALInfo(t *testing.T) {
	withAPI(t, respondWith(503, `{"ack": "starting"}`), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		body, err := c.TopicData(t.Context(), "")
		require.Nil(t, body)
		require.Equal(t, commanderhttp.Response{Status: 503, Body: json.RawMessage(`{"ack": "starting"}`)}, commanderhttp.ResponseOf(love.Ack{}, err))
	})
}

func TestNew_RefusesAnInvalidBaseURL(t *testing.T) {
	for _, good := range []string{"localhost:5000", "http://commander", "https://love.example/commander/", "http://[::1]:5000"} {
		_, err := commanderhttp.New(good)
		require.NoError(t, err, good)
	}
	for _, bad := range []string{"", "ftp://x", "http://", "http://u:p@host", "http://host?x=1", "http://host:x", ":5000"} {
		_, err := commanderhttp.New(bad)
		require.ErrorContains(t, err, "such as http://commander:5000", bad)
	}
}

func TestClient_CarriesTwoThousandSlowCommandsAtOnce(t *testing.T) {
	withAPI(t, pythonCommander(afterBody(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(10 * time.Second)
		respondWith(200, `{"ack":"Done"}`)(w, r)
	})), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		began := time.Now()
		var sending sync.WaitGroup
		for range 2000 {
			sending.Go(func() {
				if ack, err := c.Execute(context.Background(), switchOn); err != nil || !ack.Succeeded() {
					t.Errorf("%+v %v", ack, err)
				}
			})
		}
		synctest.Wait()
		_, err := c.Heartbeat(t.Context())
		require.NoError(t, err, "nothing waits behind them")
		require.Zero(t, time.Since(began))
		sending.Wait()
		require.Equal(t, 10*time.Second, time.Since(began))
	})
}
