package commander_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/sal"
)

// asPython asks as the Python manager does: without the slash, following the
// redirect, and reading gzip.
func asPython(t *testing.T, plain *http.Client, method, path, body string) answer {
	t.Helper()
	follows := &http.Client{Transport: plain.Transport}
	a := ask(t, follows, method, path, body, "Content-Type", "application/json", "Accept", "*/*",
		"Accept-Encoding", "gzip, deflate", "User-Agent", "python-requests/2.32.3")
	if a.header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(strings.NewReader(a.body))
		require.NoError(t, err)
		content, err := io.ReadAll(z)
		require.NoError(t, err)
		a.body = string(content)
	}
	return a
}

// onTheAPI is onBench behind the commander's API, as a manager finds it.
func onTheAPI(t *testing.T, handle handler, body func(t *testing.T, b bench, plain *http.Client)) {
	onBench(t, handle, func(t *testing.T, b bench) {
		throughHTTP(t, commander.NewHandler(commander.Backend{Commander: b, Informer: b, Heartbeater: b}),
			func(t *testing.T, _ *commander.HTTP, plain *http.Client) { body(t, b, plain) })
	})
}

func ackOf(t *testing.T, a answer) string {
	t.Helper()
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	var ack struct{ Ack *string }
	require.NoError(t, json.Unmarshal([]byte(a.body), &ack), a.body)
	require.NotNil(t, ack.Ack, a.body)
	return *ack.Ack
}

func TestSection11_EveryAnswerToACommand(t *testing.T) {
	const command = `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOff","params":{},"identity":"ana@host"}`
	for name, c := range map[string]struct {
		handle handler
		status int
		ack    string
		after  time.Duration
	}{
		"success":                            {accept, 200, "Done", 0},
		"another text":                       {answers(sal.Ack{Code: sal.Complete, Result: "warming up"}), 200, "warming up", 0},
		"a refusal of the component":         {fails("no power"), 200, "Failed: no power", 0},
		"no acknowledgement for 10 s":        {sleeps(time.Minute), 504, "Command time out. No ack received from component.", 10 * time.Second},
		"a first one, and then none":         {progress(time.Second, time.Minute), 504, "Command time out. Last ack received CMD_INPROGRESS (301).", 11 * time.Second},
		"progress that asks for more time":   {progress(30*time.Second, 35*time.Second), 200, "Done", 35 * time.Second},
		"progress that asks for no time":     {progress(0, 9*time.Second), 200, "Done", 9 * time.Second},
		"a component that rejects by a code": {answers(sal.Ack{Code: sal.NoPermission}), 200, "CMD_NOPERM (-300)", 0},
	} {
		t.Run(name, func(t *testing.T) {
			onTheAPI(t, c.handle, func(t *testing.T, b bench, plain *http.Client) {
				asked := time.Now()
				a := asPython(t, plain, "POST", "/cmd", command)
				require.Equal(t, c.status, a.status)
				require.Equal(t, c.ack, ackOf(t, a))
				require.Equal(t, c.after, time.Since(asked))
				require.Equal(t, "ana@host", (<-b.seen).Identity())
			})
		})
	}
}

func TestSection11_EveryKeyOfACommandIsRequired(t *testing.T) {
	members := map[string]string{"csc": `"Lamp"`, "salindex": `0`, "cmd": `"cmd_switchOff"`, "params": `{}`, "identity": `"ana@host"`}
	onTheAPI(t, accept, func(t *testing.T, b bench, plain *http.Client) {
		for missing := range members {
			var rest []string
			for key, value := range members {
				if key != missing {
					rest = append(rest, fmt.Sprintf("%q:%s", key, value))
				}
			}
			for _, instead := range []string{"", `"` + strings.ToUpper(missing) + `":` + members[missing]} {
				body := "{" + strings.Join(append(rest, instead), ",")
				body = strings.TrimSuffix(body, ",") + "}"
				a := asPython(t, plain, "POST", "/cmd", body)
				require.Equal(t, 400, a.status, body)
				require.Contains(t, ackOf(t, a), "Request must have JSON data with the following keys: csc, salindex, cmd_name, params, identity. Received {")
			}
			a := asPython(t, plain, "POST", "/cmd", "{"+strings.Join(rest, ",")+`,"`+missing+`":null}`)
			require.Equal(t, 400, a.status, missing)
			require.Contains(t, ackOf(t, a), `"`+missing+`"`)
		}
		require.Empty(t, b.seen, "nothing was sent")
	})
}

func TestSection11_IdentityIsTheOneUnderItsOwnKey(t *testing.T) {
	onTheAPI(t, accept, func(t *testing.T, b bench, plain *http.Client) {
		a := asPython(t, plain, "POST", "/cmd", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOff","params":{},"identity":"ana@host","Identity":"admin@host"}`)
		require.Equal(t, "Done", ackOf(t, a))
		require.Equal(t, "ana@host", (<-b.seen).Identity())
	})
}

// The Python commander answers these with a page of status 500.
func TestSection11_WhatDoesNotExistOrDoesNotFitIsA400ThatSaysWhat(t *testing.T) {
	onTheAPI(t, accept, func(t *testing.T, b bench, plain *http.Client) {
		for _, c := range [][5]string{
			{"Lmap", "0", "cmd_switchOn", `{}`, `there is no component "Lmap"; did you mean Lamp?`},
			{"Lamp", "0", "cmd_switch", `{}`, `Lamp has no command "cmd_switch"`},
			{"Lamp", "0", "cmd_switchOn", `{"size":1}`, `Lamp cmd_switchOn has no field size; its fields are power, serial, pattern, colour`},
			{"Lamp", "0", "cmd_switchOn", `{"power":1e400}`, `Lamp cmd_switchOn, field power: `},
			{"Lamp", "0", "cmd_switchOn", `{"serial":9223372036854775808}`, `field serial: takes a whole number from -9223372036854775808 to 9223372036854775807 (long long), not 9223372036854775808`},
			{"Lamp", "0", "cmd_switchOn", `{"pattern":[true,true,true,true]}`, `field pattern: takes a list of 3, not of 4`},
			{"Lamp", "0", "cmd_switchOn", `{"colour":7}`, `field colour: takes 1 (Red), 2 (Blue), not 7`},
			{"Lamp", "1", "cmd_switchOn", `{}`, `Lamp has no instances, its index is 0, not 1`},
		} {
			body := fmt.Sprintf(`{"csc":%q,"salindex":%s,"cmd":%q,"params":%s,"identity":"ana@host"}`, c[0], c[1], c[2], c[3])
			a := asPython(t, plain, "POST", "/cmd", body)
			require.Equal(t, 400, a.status, body)
			require.Contains(t, ackOf(t, a), c[4])
		}
		require.Empty(t, b.seen, "nothing was sent")
		a := asPython(t, plain, "POST", "/cmd", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOn","params":{"serial":9007199254740993},"identity":"ana@host"}`)
		require.Equal(t, "Done", ackOf(t, a))
		require.EqualValues(t, 9007199254740993, (<-b.seen).Int("serial"), "beyond what a float64 holds")
	})
}

// The Python manager sends a command in whole before it looks for an answer.
func TestSection11_RedirectComesAfterTheBodyHasBeenRead(t *testing.T) {
	onTheAPI(t, accept, func(t *testing.T, _ bench, plain *http.Client) {
		conn, err := plain.Transport.(*http.Transport).DialContext(t.Context(), "tcp", "commander:5000")
		require.NoError(t, err)
		defer conn.Close()
		body := strings.Repeat(" ", 1<<20)
		_, err = fmt.Fprintf(conn, "POST /cmd HTTP/1.1\r\nHost: commander\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		require.NoError(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		require.Equal(t, 308, resp.StatusCode)
		require.NoError(t, resp.Body.Close())
	})
}

func TestSection11_Heartbeat(t *testing.T) {
	onTheAPI(t, accept, func(t *testing.T, _ bench, plain *http.Client) {
		for range 2 {
			a := asPython(t, plain, "GET", "/heartbeat", "")
			require.Equal(t, 200, a.status)
			require.Equal(t, "application/json", a.header.Get("Content-Type"))
			require.Equal(t, fmt.Sprintf(`{"timestamp":%d.0}`, time.Now().Unix()), a.body)
			time.Sleep(3 * time.Second)
		}
	})
}

func TestSection11_SALInfo(t *testing.T) {
	const (
		lampEvents    = `"event_names":["burning"]`
		lampTelemetry = `"telemetry_names":["light"]`
		lampCommands  = `"command_names":["switchOff","switchOn"]`
		all           = `{` + lampEvents + `,` + lampTelemetry + `,` + lampCommands + `}`
	)
	onTheAPI(t, accept, func(t *testing.T, _ bench, plain *http.Client) {
		for query, lamp := range map[string]string{
			"":                                       all,
			"?categories=":                           all,
			"?categories=event":                      `{` + lampEvents + `}`,
			"?categories=event-telemetry":            `{` + lampEvents + `,` + lampTelemetry + `}`,
			"?categories=event-telemetry-command":    all,
			"?categories=command-telemetry":          `{` + lampTelemetry + `,` + lampCommands + `}`,
			"?categories=command-nonsense":           `{` + lampCommands + `}`,
			"?categories=nonsense":                   all,
			"?categories=event%20telemetry":          all, // quirk 38
			"?categories=event+telemetry":            all,
			"?categories=Event":                      all,
			"?categories=event%26categories=command": all, // quirk 27: no second parameter
			"?other=1":                               all,
		} {
			a := asPython(t, plain, "GET", "/salinfo/topic-names"+query, "")
			require.Equal(t, 200, a.status)
			require.Equal(t, "application/json", a.header.Get("Content-Type"))
			var names map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(a.body), &names))
			require.Len(t, names, 3)
			require.JSONEq(t, lamp, string(names["Lamp"]), query)

			a = asPython(t, plain, "GET", "/salinfo/topic-data"+query, "")
			require.Equal(t, 200, a.status)
			var data map[string]map[string]map[string]map[string]struct {
				Name, Description, Units, TypeName *string
				Count                              *int
			}
			require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(a.body, `"type_name"`, `"TypeName"`)), &data))
			for kind, topics := range data["Lamp"] {
				require.Contains(t, lamp, strings.Replace(kind, "_data", "_names", 1), query)
				for topic, fields := range topics {
					require.Contains(t, lamp, topic)
					for name, f := range fields {
						require.Equal(t, name, *f.Name)
						require.NotContains(t, name, "private_")
						require.NotNil(t, f.Description)
						require.NotNil(t, f.Units)
						require.NotNil(t, f.TypeName)
						require.NotNil(t, f.Count)
					}
				}
			}
			require.Len(t, data["Lamp"], strings.Count(lamp, "_names"))
		}
	})
}

func TestSection11_PathsHaveTheirSlashOrNone(t *testing.T) {
	onTheAPI(t, accept, func(t *testing.T, _ bench, plain *http.Client) {
		for path, method := range map[string]string{"/salinfo/topic-names/": "GET", "/salinfo/topic-data/": "GET", "/lovecsc/observinglog/": "POST", "/salinfo/metadata": "GET", "/": "GET"} {
			a := ask(t, plain, method, path, "")
			require.Equal(t, 404, a.status, path)
			require.NotEmpty(t, ackOf(t, a))
		}
	})
}

// informant is an informer, heartbeat and logbook that gives what the test
// says.
type informant struct {
	reply commander.Reply
	err   error
}

func (i informant) TopicNames(context.Context, string) (commander.Reply, error) {
	return i.reply, i.err
}

func (i informant) TopicData(context.Context, string) (commander.Reply, error) {
	if i.err == nil && i.reply.Status == 0 {
		panic("a bug")
	}
	return i.reply, i.err
}

func (i informant) Heartbeat(context.Context) (time.Time, error) { return time.Time{}, i.err }

func (i informant) WriteObservingLog(context.Context, commander.ObservingLog) (commander.Reply, error) {
	return i.reply, i.err
}

func (i informant) Check(context.Context, commander.Request) (commander.Reply, error) {
	return i.reply, i.err
}

func (i informant) Execute(context.Context, commander.Request) (commander.Reply, error) {
	return i.reply, i.err
}

func TestHandler_FaultsOfAQuestionSayNothingOfACommand(t *testing.T) {
	const noAnswer, slow = "The commander gave no answer.", "The commander did not answer in time."
	for _, c := range []struct {
		name         string
		backend      informant
		method, path string
		status       int
		ack          string
	}{
		{"names, an error", informant{err: errors.New("x")}, "GET", "/salinfo/topic-names", 502, noAnswer},
		{"data, a deadline", informant{err: context.DeadlineExceeded}, "GET", "/salinfo/topic-data", 504, slow},
		{"names, no JSON", informant{reply: commander.Reply{Status: 200, Body: json.RawMessage("<p>")}}, "GET", "/salinfo/topic-names", 502, "The commander answered with status 200 and no JSON: <p>."},
		{"names, no status", informant{}, "GET", "/salinfo/topic-names", 502, "The commander answered with status 0 and a redirection or worse, which cannot be passed on."},
		{"data, a panic", informant{}, "GET", "/salinfo/topic-data", 500, "The commander failed on this request. Its log says why."},
		{"heartbeat, an error", informant{err: errors.New("x")}, "GET", "/heartbeat/", 502, noAnswer},
		{"check, an error", informant{err: errors.New("x")}, "POST", "/check-cmd", 502, noAnswer},
		{"check, no JSON", informant{reply: commander.Reply{Status: 200}}, "POST", "/check-cmd", 502, "The commander answered with status 200 and no JSON: an empty body."},
		{"log, an error", informant{err: errors.New("x")}, "POST", "/lovecsc/observinglog", 502, noAnswer + " " + commander.UnknownLog},
		{"log, a deadline", informant{err: context.DeadlineExceeded}, "POST", "/lovecsc/observinglog", 504, slow + " " + commander.UnknownLog},
		{"log, too busy", informant{err: &commander.NoReplyError{Status: 503, Text: "busy", RetryAfter: time.Second}}, "POST", "/lovecsc/observinglog", 503, "busy"},
		{"log, no JSON", informant{reply: commander.Reply{Status: 200}}, "POST", "/lovecsc/observinglog", 502, "The commander answered with status 200 and no JSON: an empty body."},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := c.backend
			overHTTP(t, commander.NewHandler(commander.Backend{Commander: b, Informer: b, Heartbeater: b, Logbook: b}),
				func(t *testing.T, _ *commander.HTTP, plain *http.Client) {
					body := ""
					if c.method == "POST" {
						body = strings.TrimSuffix(someCommand, "}") + `,"user":"ana","message":"x"}`
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

// Quirk 48.
func TestHandler_NumbersThatJSONDoesNotHaveBecomeNullInEveryAnswer(t *testing.T) {
	b := informant{reply: commander.Reply{Status: 200, Body: json.RawMessage(`{"ack":"NaN","v":[NaN,-Infinity,1.50,123456789012345678901234567890]}`)}}
	overHTTP(t, commander.NewHandler(commander.Backend{Commander: b, Informer: b, Logbook: b}), func(t *testing.T, _ *commander.HTTP, plain *http.Client) {
		for path, method := range map[string]string{"/cmd/": "POST", "/check-cmd": "POST", "/lovecsc/observinglog": "POST", "/salinfo/topic-names": "GET", "/salinfo/topic-data": "GET"} {
			for range 2 {
				a := ask(t, plain, method, path, strings.TrimSuffix(someCommand, "}")+`,"user":"ana","message":"x"}`)
				require.Equal(t, 200, a.status)
				require.Equal(t, `{"ack":"NaN","v":[null,null,1.50,123456789012345678901234567890]}`, a.body, path)
			}
		}
	})
}
