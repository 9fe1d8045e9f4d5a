package commanderhttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

// handlerOf returns the API over a function.
func handlerOf(f commander.Func, opts ...commanderhttp.HandlerOption) http.Handler {
	return commanderhttp.NewHandler(commanderhttp.Backend{Commander: f}, opts...)
}

func TestHandler_ExecutesACommandUnderTheIdentityOfTheRequest(t *testing.T) {
	var got commander.Call
	withAPI(t, handlerOf(func(_ context.Context, c commander.Call) (love.Ack, error) {
		got = c
		return love.Ack{Text: love.Done}, nil
	}), func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
		a := ask(t, plain, "POST", "/cmd/", " "+posted+"\n")
		require.Equal(t, 200, a.status)
		require.Equal(t, `{"ack":"Done"}`, a.body)
		require.Equal(t, "application/json", a.header.Get("Content-Type"))
		require.Equal(t, switchOn, got)
	})
}

func TestHandler_AnswersWithTheCodesOfTheAcknowledgement(t *testing.T) {
	withAPI(t, handlerOf(func(context.Context, commander.Call) (love.Ack, error) {
		return love.Ack{Text: "Failed: too late", Code: -302, Error: 7}, nil
	}), func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
		a := ask(t, plain, "POST", "/cmd/", posted)
		require.Equal(t, 200, a.status)
		require.Equal(t, `{"ack":"Failed: too late","code":-302,"error":7}`, a.body)
	})
}

func TestHandler_ReportsWhatIsWrongWithARequest(t *testing.T) {
	const (
		keys = "Request must have JSON data with the following keys: csc, salindex, cmd_name, params, identity. Received "
		lamp = `{"csc":"Lamp","salindex":0,"cmd":"x","params":{},"identity":"a@b"`
	)
	refuse := commanderhttp.NewHandler(commanderhttp.Backend{
		Commander: commander.Func(func(context.Context, commander.Call) (love.Ack, error) { panic("sent") }),
		Logbook:   logbook(func(love.ObservingLog) (love.Ack, error) { panic("written") }),
	})
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		ack                      string
	}{
		{"no identity", "POST", "/cmd/", `{"csc":"Lamp","salindex":0,"cmd":"x","params":{}}`, 400, keys + `{"csc":"Lamp","salindex":0,"cmd":"x","params":{}}`},
		{"a list", "POST", "/cmd/", `[1]`, 400, keys + `[1]`},
		{"half a JSON", "POST", "/cmd/", `{"csc":"Lamp"`, 400, keys + `{"csc":"Lamp"`},
		{"nothing", "POST", "/cmd/", ``, 400, keys + "an empty body"},
		{"NaN", "POST", "/cmd/", `{"csc":NaN,"salindex":0,"cmd":"x","params":{},"identity":"a@b"}`, 400, keys + `{"csc":NaN,"salindex":0,"cmd":"x","params":{},"identity":"a@b"}`},
		{"much", "POST", "/cmd/", strings.Repeat("x", 1000), 400, keys + strings.Repeat("x", 120) + "…"},
		{"too much", "POST", "/cmd/", strings.Repeat("x", 5<<20), 413, "A request may have 4 MiB."},
		{"an identity that is not a text", "POST", "/cmd/", `{"csc":"Lamp","salindex":0,"cmd":"x","params":{},"identity":1}`, 400, `"identity" must be a text that says who commands: user@host`},
		{"a key twice", "POST", "/cmd/", lamp + `,"csc":"Stone"}`, 400, `the key "csc" occurs twice`},
		{"a parameter twice", "POST", "/cmd/", `{"csc":"Lamp","salindex":0,"cmd":"x","params":{"a":1,"a":2},"identity":"a@b"}`, 400, `the key "a" occurs twice`},
		{"a key in another case", "POST", "/cmd/", lamp + `,"CSC":"Stone"}`, 400, `reading the command: "CSC" is not a key of a command: write "csc"`},
		{"the identity in another case", "POST", "/cmd/", lamp + `,"Identity":"admin@b"}`, 400, `reading the command: "Identity" is not a key of a command: write "identity"`},
		{"an index that is a text", "POST", "/cmd/", `{"csc":"Lamp","salindex":"first","cmd":"x","params":{},"identity":"a@b"}`, 400, `reading the command: "salindex" must be a whole number, not "first"`},
		{"half a character", "POST", "/cmd/", `{"csc":"Lamp","salindex":0,"cmd":"x","params":{"label":"a\ud800b"},"identity":"a@b"}`, 400, `reading the command: the text of "label" has \ud800, which is half of a surrogate pair, without the other half: send whole characters`},
		{"half a character in the identity", "POST", "/check-cmd", `{"csc":"Lamp","salindex":0,"cmd":"x","params":{},"identity":"\udc00@b"}`, 400, `reading the command: the text of "identity" has \udc00, which is half of a surrogate pair, without the other half: send whole characters`},
		{"another encoding", "POST", "/cmd/", "{\"csc\":\"Lamp\",\"salindex\":0,\"cmd\":\"x\",\"params\":{\"label\":\"\xe4\"},\"identity\":\"a@b\"}", 400, `the text of "label" is not UTF-8`},
		{"half a character in an observing log", "POST", "/lovecsc/observinglog", `{"user":"ana","message":"a\ud800b"}`, 400, `reading the observing log: the text of "message" has \ud800, which is half of a surrogate pair, without the other half: send whole characters`},
		{"an observing log in another encoding", "POST", "/lovecsc/observinglog", "{\"user\":\"an\xe1\",\"message\":\"x\"}", 400, `reading the observing log: the text of "user" is not UTF-8`},
		{"a component that is a number", "POST", "/check-cmd", `{"csc":1,"salindex":0,"cmd":"x","params":{},"identity":"a@b"}`, 400, `reading the command: "csc" must be the name of a component such as "ATDome", not 1`},
		{"parameters that are null", "POST", "/check-cmd", `{"csc":"Lamp","salindex":0,"cmd":"x","params":null,"identity":"a@b"}`, 400, `reading the command: "params" must be an object with the parameters by name ({} for none), not null`},
		{"observing log without user", "POST", "/lovecsc/observinglog", `{"message":"x"}`, 400, `Request must have JSON data with the following keys: user, message. Received {"message":"x"}`},
		{"observing log of a number", "POST", "/lovecsc/observinglog", `{"user":1,"message":"x"}`, 400, `Request must have JSON data with the following keys: user, message. Received {"user":1,"message":"x"}`},
		{"wrong method", "GET", "/cmd/", ``, 405, `/cmd/ takes POST, not GET.`},
		{"wrong method of salinfo", "DELETE", "/salinfo/topic-data", ``, 405, `/salinfo/topic-data takes GET, not DELETE.`},
		{"unknown path", "GET", "/efd/efd_clients", ``, 404, `The commander has no /efd/efd_clients.`},
		{"metadata", "GET", "/salinfo/metadata", ``, 404, `LOVE-commanders have no metadata any more. topic-data has what there is.`},
		{"no information", "GET", "/salinfo/topic-names", ``, 501, `This commander has no SAL information.`},
	} {
		t.Run(c.name, func(t *testing.T) {
			withAPI(t, refuse, func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
				a := ask(t, plain, c.method, c.path, c.body)
				require.Equal(t, c.status, a.status)
				require.Equal(t, c.ack, ackOf(t, a))
			})
		})
	}
}

func TestHandler_ServesFurtherPathsBehindTheSameChecks(t *testing.T) {
	further := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "DELETE" {
			panic("a bug")
		}
		_, _ = io.WriteString(w, r.Method+" "+r.URL.Path)
	})
	withAPI(t, handlerOf(done, commanderhttp.WithPaths(further, "/efd/timeseries", "/cmd/")), func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
		for path, want := range map[string]string{
			"/efd/timeseries": "POST /efd/timeseries", "/efd/timeseries/": "POST /efd/timeseries/", "/cmd/": `{"ack":"Done"}`,
		} {
			a := ask(t, plain, "POST", path, posted)
			require.Equal(t, 200, a.status)
			require.Equal(t, want, a.body, "the API's own paths come first")
			require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
		}
		require.Equal(t, 403, ask(t, plain, "POST", "/efd/timeseries", "", "Sec-Fetch-Site", "cross-site").status)
		require.Equal(t, 500, ask(t, plain, "DELETE", "/efd/timeseries", "").status)
		require.Equal(t, 404, ask(t, plain, "GET", "/efd/timeseries/x", "").status)
	})
}

func TestHandler_Answers501ForAMissingBackend(t *testing.T) {
	withAPI(t, commanderhttp.NewHandler(commanderhttp.Backend{}), func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
		for path, ack := range map[string]string{
			"/cmd/":                 "This commander has no commands.",
			"/check-cmd":            "This commander has no commands.",
			"/lovecsc/observinglog": "This commander has no LOVE CSC.",
		} {
			a := ask(t, plain, "POST", path, strings.TrimSuffix(posted, "}")+`,"user":"ana","message":"x"}`)
			require.Equal(t, 501, a.status)
			require.Equal(t, ack, ackOf(t, a))
		}
	})
}

func TestHandler_RedirectsToThePathWithASlash(t *testing.T) {
	withAPI(t, handlerOf(done), func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
		for _, c := range [][3]string{{"POST", "/cmd", "/cmd/"}, {"GET", "/heartbeat", "/heartbeat/"}, {"GET", "/heartbeat?x=1", "/heartbeat/?x=1"}} {
			a := ask(t, plain, c[0], c[1], "")
			require.Equal(t, 308, a.status)
			require.Equal(t, c[2], a.header.Get("Location"))
		}
	})
}

func TestHandler_AnswersFailuresOfTheCommanderInJSON(t *testing.T) {
	fails := func(err error) commander.Func {
		return func(context.Context, commander.Call) (love.Ack, error) { return love.Ack{}, err }
	}
	for name, c := range map[string]struct {
		execute commander.Func
		status  int
		ack     string
	}{
		"an error":   {fails(errors.New("secret of the bus")), 502, "The commander gave no answer. " + commander.UnknownOutcome},
		"a deadline": {fails(context.DeadlineExceeded), 504, "The commander did not answer in time. " + commander.UnknownOutcome},
		"a panic":    {func(context.Context, commander.Call) (love.Ack, error) { panic("oops") }, 500, "The commander failed on this request. Its log says why. " + commander.UnknownOutcome},
		"not JSON": {func(context.Context, commander.Call) (love.Ack, error) {
			return love.Ack{Text: love.Done, Raw: json.RawMessage("<p>")}, nil
		}, 502, "The commander answered with status 200 and no JSON: <p>."},
		"not JSON, with a status": {
			fails(&commander.Error{Err: &commanderhttp.StatusError{Status: 400, Body: json.RawMessage("<p>")}}), 502,
			"The commander answered with status 400 and no JSON: <p>.",
		},
		"no status": {
			fails(&commander.Error{Err: &commanderhttp.StatusError{}}), 502,
			"The commander answered with status 0 and a redirection or worse, which cannot be passed on.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, handlerOf(c.execute), func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
				a := ask(t, plain, "POST", "/cmd/", posted)
				require.Equal(t, c.status, a.status)
				require.Equal(t, c.ack, ackOf(t, a))
			})
		})
	}
}

func TestHandler_LogsTheCauseThatTheAnswerDoesNotShow(t *testing.T) {
	var log strings.Builder
	api := handlerOf(func(context.Context, commander.Call) (love.Ack, error) {
		return love.Ack{}, &commander.Error{Kind: commander.Refused, Text: "too bright", Err: errors.New("secret of the bus")}
	}, commanderhttp.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	withAPI(t, api, func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
		a := ask(t, plain, "POST", "/cmd/", posted)
		require.Equal(t, 400, a.status)
		require.Equal(t, "too bright", ackOf(t, a))
		require.Contains(t, log.String(), "secret of the bus")
		ask(t, plain, "POST", "/cmd/", strings.Replace(posted, `"salindex":0`, `"salindex":"2"`, 1))
		require.Contains(t, log.String(), "csc=Lamp salindex=2 cmd=cmd_switchOn identity=ana@host path=/cmd/")
	})
}

func TestHandler_LogsNothingThatOnlyConcernsTheClient(t *testing.T) {
	var log strings.Builder
	api := handlerOf(func(context.Context, commander.Call) (love.Ack, error) {
		return love.Ack{}, commander.Refuse("too bright")
	}, commanderhttp.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	withAPI(t, api, func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
		for _, body := range []string{posted, `{}`, `[`} {
			require.Equal(t, 400, ask(t, plain, "POST", "/cmd/", body).status)
		}
		require.Empty(t, log.String())
	})
}

func TestHandler_TimesOutACommand(t *testing.T) {
	for name, c := range map[string]struct {
		opts []commanderhttp.HandlerOption
		want time.Duration
	}{
		"by default":    {nil, 40 * time.Second},
		"as configured": {[]commanderhttp.HandlerOption{commanderhttp.WithTimeout(2 * time.Second)}, 32 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, handlerOf(func(ctx context.Context, _ commander.Call) (love.Ack, error) {
				commander.Report(ctx, love.Progress{Code: 301, Timeout: 30}) // extends the time
				<-ctx.Done()
				return love.Ack{}, errors.New("given up")
			}, c.opts...), func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
				began := time.Now()
				a := ask(t, plain, "POST", "/cmd/", posted)
				require.Equal(t, 504, a.status)
				require.Equal(t, "The commander did not answer in time. "+commander.UnknownOutcome, ackOf(t, a))
				require.Equal(t, c.want, time.Since(began))
			})
		})
	}
}

func TestHandler_EndsACommandWhoseClientHasGone(t *testing.T) {
	ended := make(chan error, 1)
	withAPI(t, handlerOf(func(ctx context.Context, _ commander.Call) (love.Ack, error) {
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return love.Ack{}, context.Cause(ctx)
	}), func(t *testing.T, c *commanderhttp.Client, _ *http.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Execute(ctx, switchOn)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

func TestHandler_RefusesCommandsWhileTooManyAreUnderWay(t *testing.T) {
	api := handlerOf(func(context.Context, commander.Call) (love.Ack, error) {
		time.Sleep(5 * time.Second)
		return love.Ack{Text: love.Done}, nil
	}, commanderhttp.WithMaxCommands(1))
	withAPI(t, api, func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
		first := make(chan answer)
		go func() { first <- ask(t, plain, "POST", "/cmd/", posted) }()
		synctest.Wait()
		a := ask(t, plain, "POST", "/cmd/", posted)
		require.Equal(t, 503, a.status)
		require.Equal(t, "1", a.header.Get("Retry-After"))
		require.Contains(t, a.body, "Nothing was sent")
		require.Equal(t, 200, ask(t, plain, "GET", "/heartbeat/", "").status, "a busy commander is alive")
		require.Equal(t, 200, (<-first).status)
	})
}

func TestHandler_ReportsProgressToAClientThatAcceptsIt(t *testing.T) {
	api := handlerOf(func(ctx context.Context, _ commander.Call) (love.Ack, error) {
		commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: 5})
		time.Sleep(5 * time.Second)
		return love.Ack{}, &commander.Error{Kind: commander.TimedOut, Text: "too slow"}
	})
	withAPI(t, api, func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
		a := ask(t, plain, "POST", "/cmd/", posted)
		require.Equal(t, 504, a.status)
		require.Equal(t, `{"ack":"too slow"}`, a.body)

		a = ask(t, plain, "POST", "/cmd/", posted, "Accept", "application/json, "+commanderhttp.ProgressType)
		require.Equal(t, 200, a.status)
		require.Equal(t, commanderhttp.ProgressType, a.header.Get("Content-Type"))
		require.Equal(t, `{"progress":{"code":301,"name":"CMD_INPROGRESS","timeout":5}}`+"\n"+
			`{"status":504,"body":{"ack":"too slow"}}`+"\n", a.body)
	})
}

func TestHandler_GivesNoAnswerAfterAnAbort(t *testing.T) {
	h := handlerOf(func(context.Context, commander.Call) (love.Ack, error) { panic(http.ErrAbortHandler) })
	r := httptest.NewRequest("POST", "/cmd/", strings.NewReader(posted))
	r.Header.Set("Content-Type", "application/json")
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { h.ServeHTTP(httptest.NewRecorder(), r) })
}

func TestHandler_TimesOutTheBodyOfARequest(t *testing.T) {
	sent := 0
	api := handlerOf(func(context.Context, commander.Call) (love.Ack, error) {
		sent++
		time.Sleep(time.Minute) // the timeout is for the body, not for the command
		return love.Ack{Text: love.Done}, nil
	})
	withAPI(t, api, func(t *testing.T, _ *commanderhttp.Client, plain *http.Client) {
		body, unfinished := io.Pipe()
		go func() { _, _ = io.WriteString(unfinished, `{"csc":`) }()
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://commander:5000/cmd/", body)
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		began := time.Now()
		got, err := plain.Do(r)
		require.NoError(t, err)
		defer got.Body.Close()
		require.Equal(t, 408, got.StatusCode)
		require.Equal(t, 10*time.Second, time.Since(began))
		require.NoError(t, unfinished.Close())
		require.Zero(t, sent)

		require.Equal(t, 200, ask(t, plain, "POST", "/cmd/", posted, "Content-Type", "application/json").status)
	})
}

func TestAPageOfAnotherSiteSendsNoCommands(t *testing.T) {
	var calls int
	h := commanderhttp.NewHandler(commanderhttp.Backend{Commander: commander.Func(func(context.Context, commander.Call) (love.Ack, error) {
		calls++
		return love.Ack{Code: love.AckComplete, Text: love.Done}, nil
	})})
	for headers, want := range map[[2]string]int{
		{"Origin", "https://evil.example"}:  http.StatusForbidden,
		{"Sec-Fetch-Site", "cross-site"}:    http.StatusForbidden,
		{"Origin", "http://commander:5000"}: http.StatusOK,
		{"User-Agent", "python-requests"}:   http.StatusOK,
	} {
		r := httptest.NewRequest(http.MethodPost, "http://commander:5000/cmd", strings.NewReader(`{"csc":"A","salindex":0,"cmd":"cmd_x","params":{},"identity":"ada@x"}`))
		r.URL.Path = "/cmd/"
		r.Header.Set("Content-Type", "text/plain") // needs no preflight request
		r.Header.Set(headers[0], headers[1])
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, want, w.Code, "%v: %s", headers, w.Body)
	}
	require.Equal(t, 2, calls)
}
