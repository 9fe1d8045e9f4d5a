package commander_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// double is a commander whose answers the test writes.
type double struct {
	execute func(ctx context.Context, r commander.Request) (commander.Reply, error)
	log     func(l commander.ObservingLog) (commander.Reply, error)
}

func (d double) Execute(ctx context.Context, r commander.Request) (commander.Reply, error) {
	return d.execute(ctx, r)
}

func (d double) WriteObservingLog(_ context.Context, l commander.ObservingLog) (commander.Reply, error) {
	return d.log(l)
}

func api(d double) http.Handler {
	return commander.NewHandler(commander.Backend{Commander: d, Logbook: d})
}

const someCommand = `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{"serial":12345678901234567890123},"identity":"ana@host"}`

func TestHandler_CommandIsExecutedUnderTheIdentityOfTheRequest(t *testing.T) {
	var got commander.Request
	overHTTP(t, api(double{execute: func(_ context.Context, r commander.Request) (commander.Reply, error) {
		got = r
		return commander.Done(), nil
	}}), func(t *testing.T, _ *commander.HTTP, plain *http.Client) {
		a := ask(t, plain, "POST", "/cmd/", " "+someCommand+"\n")
		require.Equal(t, 200, a.status)
		require.Equal(t, `{"ack":"Done"}`, a.body)
		require.Equal(t, "application/json", a.header.Get("Content-Type"))
		require.Equal(t, commander.Request{Body: json.RawMessage(someCommand), Identity: "ana@host"}, got)
	})
}

func TestHandler_BadRequestsGetAnObjectThatSaysWhatIsWrong(t *testing.T) {
	const keys = "Request must have JSON data with the following keys: csc, salindex, cmd_name, params, identity. Received "
	refuse := api(double{})
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
		{"identity that is no text", "POST", "/cmd/", `{"csc":"Lamp","salindex":0,"cmd":"x","params":{},"identity":1}`, 400, `"identity" must be a text that says who commands: user@host`},
		{"observing log without user", "POST", "/lovecsc/observinglog", `{"message":"x"}`, 400, `Request must have JSON data with the following keys: user, message. Received {"message":"x"}`},
		{"wrong method", "GET", "/cmd/", ``, 405, `/cmd/ takes POST, not GET.`},
		{"wrong method of salinfo", "DELETE", "/salinfo/topic-data", ``, 405, `/salinfo/topic-data takes GET, not DELETE.`},
		{"unknown path", "GET", "/efd/efd_clients", ``, 404, `The commander has no /efd/efd_clients.`},
		{"metadata", "GET", "/salinfo/metadata", ``, 404, `LOVE-commanders have no metadata any more. topic-data has what there is.`},
		{"no information", "GET", "/salinfo/topic-names", ``, 501, `This commander has no SAL information.`},
	} {
		t.Run(c.name, func(t *testing.T) {
			overHTTP(t, refuse, func(t *testing.T, _ *commander.HTTP, plain *http.Client) {
				a := ask(t, plain, c.method, c.path, c.body)
				require.Equal(t, c.status, a.status)
				require.Equal(t, "application/json", a.header.Get("Content-Type"))
				var ack love.Ack
				require.NoError(t, json.Unmarshal([]byte(a.body), &ack))
				require.Equal(t, c.ack, ack.Text)
			})
		})
	}
}

func TestHandler_MissingSlashIsARedirectThatKeepsTheBody(t *testing.T) {
	overHTTP(t, api(double{}), func(t *testing.T, _ *commander.HTTP, plain *http.Client) {
		for _, c := range [][3]string{{"POST", "/cmd", "/cmd/"}, {"GET", "/heartbeat", "/heartbeat/"}, {"GET", "/heartbeat?x=1", "/heartbeat/?x=1"}} {
			a := ask(t, plain, c[0], c[1], "")
			require.Equal(t, 308, a.status)
			require.Equal(t, c[2], a.header.Get("Location"))
		}
	})
}

func TestHandler_FailuresOfTheCommanderAreAnsweredInJSON(t *testing.T) {
	for name, c := range map[string]struct {
		execute func(ctx context.Context, r commander.Request) (commander.Reply, error)
		status  int
		ack     string
	}{
		"an error": {func(context.Context, commander.Request) (commander.Reply, error) {
			return commander.Reply{}, errors.New("secret of the bus")
		}, 502, "The commander gave no answer."},
		"a deadline": {func(context.Context, commander.Request) (commander.Reply, error) {
			return commander.Reply{}, context.DeadlineExceeded
		}, 504, "did not answer in time"},
		"a panic": {func(context.Context, commander.Request) (commander.Reply, error) { panic("oops") }, 500, "The commander failed"},
		"no JSON": {func(context.Context, commander.Request) (commander.Reply, error) {
			return commander.Reply{Status: 200, Body: json.RawMessage("<p>")}, nil
		}, 502, "no JSON: <p>"},
		"no status": {func(context.Context, commander.Request) (commander.Reply, error) { return commander.Reply{}, nil }, 502, "status 0"},
	} {
		t.Run(name, func(t *testing.T) {
			overHTTP(t, api(double{execute: c.execute}), func(t *testing.T, _ *commander.HTTP, plain *http.Client) {
				a := ask(t, plain, "POST", "/cmd/", someCommand)
				require.Equal(t, c.status, a.status)
				var ack love.Ack
				require.NoError(t, json.Unmarshal([]byte(a.body), &ack))
				require.Contains(t, ack.Text, c.ack)
				require.NotContains(t, ack.Text, "secret")
			})
		})
	}
}

func TestHandler_TooManyUnderWayAreRefusedAndToldWhenToRetry(t *testing.T) {
	wait := func(context.Context, commander.Request) (commander.Reply, error) {
		time.Sleep(5 * time.Second)
		return commander.Done(), nil
	}
	d := double{execute: wait}
	overHTTP(t, commander.NewHandler(commander.Backend{Commander: d}, commander.WithMostRequests(1)),
		func(t *testing.T, _ *commander.HTTP, plain *http.Client) {
			first := make(chan answer)
			go func() { first <- ask(t, plain, "POST", "/cmd/", someCommand) }()
			synctest.Wait()
			a := ask(t, plain, "POST", "/cmd/", someCommand)
			require.Equal(t, 503, a.status)
			require.Equal(t, "1", a.header.Get("Retry-After"))
			require.Contains(t, a.body, "Nothing was sent")
			require.Equal(t, 200, ask(t, plain, "GET", "/heartbeat/", "").status, "a busy commander lives")
			require.Equal(t, 200, (<-first).status)
		})
}

func TestHandler_ProgressIsToldToWhoeverWantsIt(t *testing.T) {
	d := double{execute: func(ctx context.Context, _ commander.Request) (commander.Reply, error) {
		commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: 5})
		time.Sleep(5 * time.Second)
		return commander.AckReply(504, "too slow"), nil
	}}
	overHTTP(t, api(d), func(t *testing.T, _ *commander.HTTP, plain *http.Client) {
		a := ask(t, plain, "POST", "/cmd/", someCommand)
		require.Equal(t, 504, a.status)
		require.Equal(t, `{"ack":"too slow"}`, a.body)

		a = ask(t, plain, "POST", "/cmd/", someCommand, "Accept", "application/json, "+love.ProgressType)
		require.Equal(t, 200, a.status)
		require.Equal(t, love.ProgressType, a.header.Get("Content-Type"))
		require.Equal(t, `{"progress":{"code":301,"name":"CMD_INPROGRESS","timeout":5}}`+"\n"+
			`{"status":504,"body":{"ack":"too slow"}}`+"\n", a.body)
	})
}

func TestFunc_IsACommander(t *testing.T) {
	given := love.Command{}
	f := commander.Func(func(_ context.Context, c love.Command) (love.Ack, error) {
		given = c
		return love.Ack{Text: "Failed: too late", Code: -302}, nil
	})
	reply, err := f.Execute(t.Context(), request("ATDome", 0, "cmd_stop", `{}`))
	require.NoError(t, err)
	require.Equal(t, 200, reply.Status)
	require.JSONEq(t, `{"ack":"Failed: too late","code":-302}`, string(reply.Body))
	require.Equal(t, "cmd_stop", given.Name)

	reply, err = f.Execute(t.Context(), commander.Request{Body: json.RawMessage(`{"csc":"ATDome"}`)})
	require.NoError(t, err)
	require.Equal(t, 400, reply.Status)

	lost := errors.New("lost")
	_, err = commander.Func(func(context.Context, love.Command) (love.Ack, error) { return love.Ack{}, lost }).
		Execute(t.Context(), request("ATDome", 0, "cmd_stop", `{}`))
	require.ErrorIs(t, err, lost)
}

func TestHandler_AnAnswerThatIsAbortedIsNone(t *testing.T) {
	h := commander.NewHandler(commander.Backend{Commander: double{execute: func(context.Context, commander.Request) (commander.Reply, error) {
		panic(http.ErrAbortHandler)
	}}})
	body := strings.NewReader(`{"csc":"ATDome","salindex":0,"cmd":"cmd_stop","params":{},"identity":"ana@summit"}`)
	r := httptest.NewRequest("POST", "/cmd/", body)
	r.Header.Set("Content-Type", "application/json")
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { h.ServeHTTP(httptest.NewRecorder(), r) })
}

func TestHandler_WaitsOnlySoLongForABody(t *testing.T) {
	sent := 0
	api := commander.NewHandler(commander.Backend{Commander: double{execute: func(context.Context, commander.Request) (commander.Reply, error) {
		sent++
		time.Sleep(time.Minute) // the limit is that of the body, not of the command
		return commander.Done(), nil
	}}})
	overHTTP(t, api, func(t *testing.T, _ *commander.HTTP, plain *http.Client) {
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

		const whole = `{"csc":"ATDome","salindex":0,"cmd":"cmd_stop","params":{},"identity":"ana@summit"}`
		require.Equal(t, 200, ask(t, plain, "POST", "/cmd/", whole, "Content-Type", "application/json").status)
	})
}
