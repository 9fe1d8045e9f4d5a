package commander_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// python answers as the Python commander does: /cmd/ and /heartbeat/ have a
// slash, and the answer to a command is what the test says.
func python(cmd http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/cmd/{$}", cmd)
	mux.HandleFunc("/heartbeat/{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"timestamp": 1690852639.85}`)
	})
	return mux
}

func writes(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestHTTP_CommandIsSentAsWrittenButForTheIdentity(t *testing.T) {
	for given, sent := range map[string]string{
		`{"csc":"X","salindex":1,"cmd":"cmd_x","params":{"a":12345678901234567890123.10,"é":"\u00e9"}}`: `{"csc":"X","salindex":1,"cmd":"cmd_x","params":{"a":12345678901234567890123.10,"é":"\u00e9"},"identity":"ana@host"}`,
		`{"identity":"admin@summit","\u0069dentity":"admin","anything":[ 1e400 ]}`:                      `{"anything":[ 1e400 ],"identity":"ana@host"}`,
		`{}`: `{"identity":"ana@host"}`,
	} {
		var got []byte
		overHTTP(t, python(func(w http.ResponseWriter, r *http.Request) {
			got, _ = io.ReadAll(r.Body)
			require.Equal(t, "POST", r.Method)
			require.Equal(t, "application/json", r.Header.Get("Content-Type"))
			writes(200, `{"ack":"Done"}`)(w, r)
		}), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
			r, err := h.Execute(t.Context(), commander.Request{Body: json.RawMessage(given), Identity: "ana@host"})
			require.NoError(t, err)
			require.Equal(t, commander.Done(), r)
			require.Equal(t, sent, string(got))
		})
	}
}

func TestHTTP_AnswerIsPassedOnWhateverItSays(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
	}{
		{200, `{"ack": "Failed: not enabled"}`, ""},
		{400, `{"ack": "keys", "extra": [1, {"x": null}]}`, ""},
		{504, `{"ack": "Command time out. No ack received from component."}`, ""},
		{500, `{"ack": "internal"}`, ""},
		{200, `[123456789012345678901234567890.123456789012345678901234567890, 1e999, 1.0]`, ""},
		{200, `{"a": NaN, "b": [Infinity, -Infinity], "c": "NaN"}`, `{"a": null, "b": [null, null], "c": "NaN"}`},
	} {
		overHTTP(t, python(writes(c.status, c.body)), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
			r, err := h.Execute(t.Context(), commander.Request{Body: json.RawMessage(someCommand)})
			require.NoError(t, err)
			if c.want == "" {
				c.want = c.body
			}
			require.Equal(t, commander.Reply{Status: c.status, Body: json.RawMessage(c.want)}, r)
		})
	}
}

func TestHTTP_NoReplyIsExplainedToTheOperator(t *testing.T) {
	for name, c := range map[string]struct {
		cmd    http.HandlerFunc
		status int
		sent   bool
		ack    string
	}{
		"an HTML page": {writes(500, "<html><body>\n<h1>Internal Server Error</h1>"), 502, true,
			"The commander answered with status 500 and no JSON: <html><body> <h1>Internal Server Error</h1>. " +
				"It does so for a component, command or parameter that it does not know: check these, then its log."},
		"a page of success": {writes(200, "<p>ok"), 502, true, "The commander answered with status 200 and no JSON: <p>ok."},
		"nothing":           {writes(200, ""), 502, true, "The commander answered with status 200 and no JSON: an empty body."},
		"half an object":    {writes(200, `{"ack": "Do`), 502, true, `The commander answered with status 200 and no JSON: {"ack": "Do.`},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"ack":`)
		}, 502, true, "The commander at commander:5000 broke off its answer. Whether the command was executed is unknown"},
		"a lost connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 502, true,
			"The commander at commander:5000 broke off its answer."},
		"silence": {func(w http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body); <-r.Context().Done() }, 504, true,
			"The commander at commander:5000 did not answer in time. Whether the command was executed is unknown: look at the component before you repeat it."},
		"a beginning, then silence": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			_, _ = io.WriteString(w, `{"ack":`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, 504, true, "The commander at commander:5000 did not answer in time."},
		"a redirect elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://other:5000/cmd/", http.StatusPermanentRedirect)
		}, 502, true, "The commander answered with status 308 and a redirection"},
		"a redirect that drops the body": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/heartbeat/", http.StatusFound)
		}, 502, true, "The commander answered with status 302 and a redirection"},
		"progress that is none": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", love.ProgressType)
			_, _ = io.WriteString(w, "<p>\n")
		}, 502, true, "The commander answered with status 200 and no JSON: <p>."},
		"progress without an end": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", love.ProgressType)
			_, _ = io.WriteString(w, `{"progress":{"code":301}}`+"\n")
		}, 502, true, "The commander at commander:5000 broke off its answer."},
	} {
		t.Run(name, func(t *testing.T) {
			overHTTP(t, python(c.cmd), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
				_, err := h.Execute(t.Context(), commander.Request{Body: json.RawMessage(someCommand)})
				var none *commander.NoReplyError
				require.ErrorAs(t, err, &none)
				require.Equal(t, c.status, none.Status)
				require.Equal(t, c.sent, none.Sent)
				require.Contains(t, none.Text, c.ack)
				r := commander.ReplyTo(err)
				require.Equal(t, commander.AckReply(c.status, none.Text), r)
			})
		})
	}
}

func TestHTTP_CheckNeverSendsACommandToACommanderThatCannotCheck(t *testing.T) {
	overHTTP(t, python(func(http.ResponseWriter, *http.Request) { t.Error("sent") }), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
		r, err := h.Check(t.Context(), commander.Request{Body: json.RawMessage(someCommand), Identity: "ana@host"})
		require.NoError(t, err)
		require.Equal(t, commander.AckReply(200, commander.Unchecked), r)
	})
}

func TestHTTP_PageForAMissingPathBecomesJSON(t *testing.T) {
	overHTTP(t, http.NotFoundHandler(), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
		r, err := h.Metadata(t.Context())
		require.NoError(t, err)
		require.Equal(t, commander.AckReply(404, "The commander at commander:5000 has no /salinfo/metadata."), r)
	})
}

func TestHTTP_UnreachableCommanderGotNothing(t *testing.T) {
	h, err := commander.NewHTTP("http://127.0.0.1:1")
	require.NoError(t, err)
	defer h.Close()
	_, err = h.Execute(t.Context(), commander.Request{Body: json.RawMessage(someCommand)})
	var none *commander.NoReplyError
	require.ErrorAs(t, err, &none)
	require.False(t, none.Sent)
	require.Equal(t, 502, none.Status)
	require.Equal(t, "The commander at 127.0.0.1:1 cannot be reached. Nothing was sent: see whether it runs.", none.Text)
	require.ErrorContains(t, err, "connection refused", "the log tells the cause")
}

func TestHTTP_NothingIsSentTwice(t *testing.T) {
	count := 0
	overHTTP(t, python(func(w http.ResponseWriter, r *http.Request) {
		if count++; count > 1 {
			panic(http.ErrAbortHandler) // on a connection that was good before
		}
		writes(200, `{}`)(w, r)
	}), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
		for range 2 {
			_, _ = h.Execute(t.Context(), commander.Request{Body: json.RawMessage(someCommand)})
		}
		require.Equal(t, 2, count)
	})
}

func TestHTTP_DeadlineIsExtendedByProgress(t *testing.T) {
	overHTTP(t, python(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		p := commander.NewProgressWriter(w, r)
		p.Report(love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: 60})
		time.Sleep(70 * time.Second)
		p.Finish(commander.Done())
	}), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
		var told []love.Progress
		ctx := commander.WithProgress(t.Context(), func(p love.Progress) { told = append(told, p) })
		r, err := h.Execute(ctx, commander.Request{Body: json.RawMessage(someCommand)})
		require.NoError(t, err)
		require.Equal(t, commander.Done(), r)
		require.Equal(t, []love.Progress{{Code: 301, Name: "CMD_INPROGRESS", Timeout: 60}}, told)
	})
}

func TestHTTP_TooManyUnderWayAreRefusedUnsent(t *testing.T) {
	overHTTP(t, python(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		time.Sleep(5 * time.Second)
		writes(200, `{"ack":"Done"}`)(w, r)
	}), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
		first := make(chan error)
		go func() {
			_, err := h.Execute(t.Context(), commander.Request{Body: json.RawMessage(someCommand)})
			first <- err
		}()
		synctest.Wait()
		_, err := h.Execute(t.Context(), commander.Request{Body: json.RawMessage(someCommand)})
		require.Equal(t, commander.Reply{Status: 503, RetryAfter: time.Second, Body: commander.ReplyTo(err).Body}, commander.ReplyTo(err))
		require.ErrorContains(t, err, "Nothing was sent")
		_, err = h.Heartbeat(t.Context())
		require.NoError(t, err, "a busy commander lives")
		require.NoError(t, <-first)
	}, commander.WithUnderWay(1))
}

func TestHTTP_Heartbeat(t *testing.T) {
	overHTTP(t, python(writes(200, `{}`)), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
		at, err := h.Heartbeat(t.Context())
		require.NoError(t, err)
		require.Equal(t, "2023-08-01T01:17:19.85Z", at.UTC().Format(time.RFC3339Nano))
	})
	overHTTP(t, writes(200, `{"hello":1}`), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
		_, err := h.Heartbeat(t.Context())
		require.ErrorContains(t, err, `commander:5000 is no LOVE-commander: its heartbeat is 200 {"hello":1}`)
	})
}

func TestHTTP_CategoriesAreEncodedAndAllThatIsPassedOn(t *testing.T) {
	var got []string
	overHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.RequestURI)
		writes(200, `{}`)(w, r)
	}), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
		ask := func(r commander.Reply, err error) { require.NoError(t, err) }
		ask(h.TopicNames(t.Context(), ""))
		ask(h.TopicNames(t.Context(), "event&x=1#"))
		ask(h.TopicData(t.Context(), "event telemetry"))
		ask(h.Metadata(t.Context()))
		ask(h.Relay(t.Context(), commander.Call{Method: "POST", Path: "/efd/timeseries", Body: json.RawMessage(`{}`)}))
		require.Equal(t, []string{
			"GET /salinfo/topic-names",
			"GET /salinfo/topic-names?categories=event%26x%3D1%23",
			"GET /salinfo/topic-data?categories=event+telemetry",
			"GET /salinfo/metadata",
			"POST /efd/timeseries",
		}, got)
	})
}

func TestHTTP_BaseURL(t *testing.T) {
	for _, good := range []string{"localhost:5000", "http://commander", "https://love.example/commander/", "http://[::1]:5000"} {
		_, err := commander.NewHTTP(good)
		require.NoError(t, err, good)
	}
	for _, bad := range []string{"", "ftp://x", "http://", "http://u:p@host", "http://host?x=1", "http://host:x", ":5000"} {
		_, err := commander.NewHTTP(bad)
		require.ErrorContains(t, err, "such as http://commander:5000", bad)
	}
}

// A commander of ours behind its API is the same as without.
func TestBothSidesOfTheAPIAgree(t *testing.T) {
	onBench(t, func(_ context.Context, _ *controller, s *sample) error {
		if s.Topic().Name == "switchOff" {
			return fmt.Errorf("too dark")
		}
		return nil
	}, func(t *testing.T, b bench) {
		throughHTTP(t, commander.NewHandler(commander.Backend{Commander: b, Informer: b, Heartbeater: b}),
			func(t *testing.T, h *commander.HTTP, plain *http.Client) {
				for _, r := range []commander.Request{
					request("Lamp", 0, "cmd_switchOn", `{"serial":9007199254740993}`),
					request("Lamp", 0, "cmd_switchOff", `{}`),
					request("Lamp", 0, "cmd_switchOn", `{"serial":"x"}`),
					request("Stone", 0, "cmd_roll", `{}`),
					request("Hexapod", 1, "cmd_move", `{}`), // nobody answers
				} {
					direct, err := b.Execute(t.Context(), r)
					require.NoError(t, err)
					relayed, err := h.Execute(t.Context(), r)
					require.NoError(t, err)
					require.Equal(t, direct, relayed)

					direct, err = b.Check(t.Context(), r)
					require.NoError(t, err)
					relayed, err = h.Check(t.Context(), r)
					require.NoError(t, err)
					require.Equal(t, direct, relayed)
				}
				for range 2 {
					require.Equal(t, "ana@host", (<-b.seen).Identity())
				}
				for _, categories := range []string{"", "event", "telemetry-command", "nonsense"} {
					for _, get := range []func(commander.Informer) (commander.Reply, error){
						func(i commander.Informer) (commander.Reply, error) { return i.TopicNames(t.Context(), categories) },
						func(i commander.Informer) (commander.Reply, error) { return i.TopicData(t.Context(), categories) },
					} {
						direct, err := get(b)
						require.NoError(t, err)
						relayed, err := get(h)
						require.NoError(t, err)
						require.Equal(t, direct, relayed)
					}
				}
				at, err := h.Heartbeat(t.Context())
				require.NoError(t, err)
				require.WithinDuration(t, time.Now(), at, time.Millisecond)

				a := ask(t, plain, "GET", "/salinfo/topic-data", "", "Accept-Encoding", "gzip")
				require.Equal(t, "gzip", a.header.Get("Content-Encoding"))
				again := ask(t, plain, "GET", "/salinfo/topic-data", "", "If-None-Match", a.header.Get("Etag"))
				require.Equal(t, 304, again.status)
			})
	})
}

func FuzzReplyStrict(f *testing.F) {
	for _, s := range []string{`{"ack":"Done"}`, `[NaN,-Infinity,"NaN"]`, `{"a":`, ``, `<p>`, `{"a":1e999}`, "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := commander.Reply{Status: 200, Body: body}.Strict()
		if err == nil {
			require.True(t, json.Valid(r.Body), "%q", r.Body)
		} else {
			require.True(t, json.Valid(commander.ReplyTo(err).Body))
		}
	})
}

func TestHTTP_TwoThousandSlowCommandsAreUnderWayTogether(t *testing.T) {
	overHTTP(t, python(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		time.Sleep(10 * time.Second)
		writes(200, `{"ack":"Done"}`)(w, r)
	}), func(t *testing.T, h *commander.HTTP, _ *http.Client) {
		began := time.Now()
		var sending sync.WaitGroup
		for range 2000 {
			sending.Go(func() {
				if r, err := h.Execute(context.Background(), commander.Request{Body: json.RawMessage(someCommand)}); err != nil || r.Status != 200 {
					t.Errorf("%d %v", r.Status, err)
				}
			})
		}
		synctest.Wait()
		_, err := h.Heartbeat(t.Context())
		require.NoError(t, err, "nothing stands behind them")
		require.Zero(t, time.Since(began))
		sending.Wait()
		require.Equal(t, 10*time.Second, time.Since(began))
	})
}
