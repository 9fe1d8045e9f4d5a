package salcommander_test

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

	"github.com/rubin-love/love-go/internal/pipenet"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/sal"
)

// api is a lamp behind the commander's API, as a manager sees it.
type api struct {
	lamp
	transport *http.Transport
}

// withAPI is withLamp behind the commander's API.
func withAPI(t *testing.T, handle handler, body func(*testing.T, api)) {
	withLamp(t, handle, func(t *testing.T, l lamp) {
		transport, stop := pipenet.Serve(commanderhttp.NewHandler(commanderhttp.Backend{Commander: l, Informer: l, Heartbeater: l}))
		defer stop()
		body(t, api{l, transport})
	})
}

// answer is an HTTP answer.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask makes a request as the Python manager does: without the slash, following
// the redirect, and accepting gzip.
func (a api) ask(t *testing.T, method, path, body string) answer {
	t.Helper()
	got := a.request(t, method, path, body, "Content-Type", "application/json", "Accept", "*/*",
		"Accept-Encoding", "gzip, deflate", "User-Agent", "python-requests/2.32.3")
	if got.header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(strings.NewReader(got.body))
		require.NoError(t, err)
		content, err := io.ReadAll(z)
		require.NoError(t, err)
		got.body = string(content)
	}
	return got
}

// request makes a request with headers as names and values.
func (a api) request(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://commander:5000"+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Client{Transport: a.transport}).Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp.StatusCode, resp.Header, string(content)}
}

func ackOf(t *testing.T, a answer) string {
	t.Helper()
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	var ack struct{ Ack *string }
	require.NoError(t, json.Unmarshal([]byte(a.body), &ack), a.body)
	require.NotNil(t, ack.Ack, a.body)
	return *ack.Ack
}

func TestAPI_AnswersCommands(t *testing.T) {
	const command = `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOff","params":{},"identity":"ana@host"}`
	for name, c := range map[string]struct {
		handle handler
		status int
		body   string
		after  time.Duration
	}{
		"success":                            {accept, 200, `{"ack":"Done","code":303}`, 0},
		"another text":                       {answerWith(sal.Ack{Code: sal.Complete, Result: "warming up"}), 200, `{"ack":"warming up","code":303}`, 0},
		"success without text":               {answerWith(sal.Ack{Code: sal.Complete}), 200, `{"ack":"Done","code":303}`, 0},
		"a refusal of the component":         {failWith("no power"), 200, `{"ack":"Failed: no power","code":-302,"error":1}`, 0},
		"a failure that calls itself done":   {answerWith(sal.Ack{Code: sal.NoPermission, Result: "Done"}), 200, `{"ack":"CMD_NOPERM (-300): Done","code":-300}`, 0},
		"a component that rejects by a code": {answerWith(sal.Ack{Code: sal.NoPermission}), 200, `{"ack":"CMD_NOPERM (-300)","code":-300}`, 0},
		"no acknowledgement for 10 s":        {sleepFor(time.Minute), 504, `{"ack":"Command time out. No ack received from component."}`, 10 * time.Second},
		"a first one, and then none":         {reportProgress(time.Second, time.Minute), 504, `{"ack":"Command time out. Last ack received CMD_INPROGRESS (301).","code":301}`, 11 * time.Second},
		"progress that asks for more time":   {reportProgress(30*time.Second, 35*time.Second), 200, `{"ack":"Done","code":303}`, 35 * time.Second},
		"progress that asks for no time":     {reportProgress(0, 9*time.Second), 200, `{"ack":"Done","code":303}`, 9 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, c.handle, func(t *testing.T, a api) {
				asked := time.Now()
				got := a.ask(t, "POST", "/cmd", command)
				require.Equal(t, c.status, got.status)
				require.Equal(t, "application/json", got.header.Get("Content-Type"))
				require.Equal(t, c.body, got.body)
				require.Equal(t, c.after, time.Since(asked))
				require.Equal(t, "ana@host", (<-a.got).Identity())
			})
		})
	}
}

func TestAPI_RequiresEveryKeyOfACommand(t *testing.T) {
	members := map[string]string{"csc": `"Lamp"`, "salindex": `0`, "cmd": `"cmd_switchOff"`, "params": `{}`, "identity": `"ana@host"`}
	withAPI(t, accept, func(t *testing.T, a api) {
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
				got := a.ask(t, "POST", "/cmd", body)
				require.Equal(t, 400, got.status, body)
				require.Contains(t, ackOf(t, got), "Request must have JSON data with the following keys: csc, salindex, cmd_name, params, identity. Received {")
			}
			got := a.ask(t, "POST", "/cmd", "{"+strings.Join(rest, ",")+`,"`+missing+`":null}`)
			require.Equal(t, 400, got.status, missing)
			require.Contains(t, ackOf(t, got), `"`+missing+`"`)
		}
		require.Empty(t, a.got, "nothing was sent")
	})
}

func TestAPI_RefusesASecondIdentityInAnotherCase(t *testing.T) {
	withAPI(t, accept, func(t *testing.T, a api) {
		got := a.ask(t, "POST", "/cmd", `{"csc":"Lamp","salindex":0,"cmd":"cmd_switchOff","params":{},"identity":"ana@host","Identity":"admin@host"}`)
		require.Equal(t, 400, got.status)
		require.Equal(t, `reading the command: "Identity" is not a key of a command: write "identity"`, ackOf(t, got))
		require.Empty(t, a.got, "nothing was sent")
	})
}

// The Python commander answers these with a page of status 500.
func TestAPI_AnswersWrongNamesAndValuesWith400(t *testing.T) {
	withAPI(t, accept, func(t *testing.T, a api) {
		for _, c := range [][5]string{
			{"Lmap", "0", "cmd_switchOn", `{}`, `there is no component "Lmap"; did you mean Lamp?`},
			{"Lamp", "0", "cmd_switch", `{}`, `Lamp has no command "cmd_switch"`},
			{"Lamp", "0", "cmd_switchOn", `{"size":1}`, `Lamp cmd_switchOn has no field size; its fields are power, serial, pattern, colour`},
			{"Lamp", "0", "cmd_switchOn", `{"power":1e400}`, `Lamp cmd_switchOn, field power: `},
			{"Lamp", "0", "cmd_switchOn", `{"serial":9223372036854775808}`, `field serial: takes a whole number from -9223372036854775808 to 9223372036854775807 (long long), not 9223372036854775808`},
			{"Lamp", "0", "cmd_switchOn", `{"pattern":[true,true,true,true]}`, `field pattern: takes a list of 3, not of 4`},
			{"Lamp", "0", "cmd_switchOn", `{"pattern":[true,true]}`, `field pattern: takes a list of 3, not of 2`},
			{"Lamp", "0", "cmd_switchOn", `{"pattern":[true,null,true]}`, `field pattern: element 1 takes true or false, not null`},
			{"Lamp", "0", "cmd_switchOn", `{"pattern":null}`, `field pattern: takes a list of 3 elements (boolean), not null`},
			{"Lamp", "0", "cmd_switchOn", `{"power":null}`, `field power: takes a number (float), not null; leave the field out for its default, 0`},
			{"Lamp", "0", "cmd_switchOn", `{"serial":9007199254740993.5}`, `field serial: takes a whole number from -9223372036854775808 to 9223372036854775807 (long long), not 9007199254740993.5`},
			{"Lamp", "0", "cmd_switchOn", `{"serial":1e1000000000}`, `(long long), not 1e1000000000`},
			{"Lamp", "0", "cmd_switchOn", `{"colour":1.5}`, `field colour: takes a whole number from -32768 to 32767 (short), not 1.5`},
			{`La\ud800mp`, "0", "cmd_switchOn", `{}`, `the text of "csc" has \ud800, which is half of a surrogate pair`},
			{"Lamp", `"one"`, "cmd_switchOn", `{}`, `"salindex" must be a whole number, not "one"`},
			{"Lamp", "0", "cmd_switchOn", `{"colour":7}`, `field colour: takes 1 (Red), 2 (Blue), not 7`},
			{"Lamp", "1", "cmd_switchOn", `{}`, `Lamp has no instances, its index is 0, not 1`},
			{"Lamp", "0", "cmd_switchOn", `{"power":1,"power":2}`, `the key "power" occurs twice`},
		} {
			body := fmt.Sprintf(`{"csc":"%s","salindex":%s,"cmd":%q,"params":%s,"identity":"ana@host"}`, c[0], c[1], c[2], c[3])
			got := a.ask(t, "POST", "/cmd", body)
			require.Equal(t, 400, got.status, body)
			require.Contains(t, ackOf(t, got), c[4])
		}
		require.Empty(t, a.got, "nothing was sent")
		for _, serial := range []string{"9007199254740993", "9007199254740993.0", "9007199254740.993e3"} {
			got := a.ask(t, "POST", "/cmd", `{"csc":"Lamp","salindex":"0","cmd":"cmd_switchOn","params":{"serial":`+serial+`},"identity":"ana@host"}`)
			require.Equal(t, "Done", ackOf(t, got))
			require.EqualValues(t, 9007199254740993, (<-a.got).Int("serial"), "beyond what a float64 holds")
		}
	})
}

// The Python manager sends a command in whole before it looks for an answer.
func TestAPI_RedirectsAfterReadingTheBody(t *testing.T) {
	withAPI(t, accept, func(t *testing.T, a api) {
		conn, err := a.transport.DialContext(t.Context(), "tcp", "commander:5000")
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

func TestAPI_Heartbeat(t *testing.T) {
	withAPI(t, accept, func(t *testing.T, a api) {
		for range 2 {
			got := a.ask(t, "GET", "/heartbeat", "")
			require.Equal(t, 200, got.status)
			require.Equal(t, "application/json", got.header.Get("Content-Type"))
			require.Equal(t, fmt.Sprintf(`{"timestamp":%d.0}`, time.Now().Unix()), got.body)
			time.Sleep(3 * time.Second)
		}
	})
}

func TestAPI_SALInfo(t *testing.T) {
	const (
		lampEvents    = `"event_names":["burning"]`
		lampTelemetry = `"telemetry_names":["light"]`
		lampCommands  = `"command_names":["switchOff","switchOn"]`
		all           = `{` + lampEvents + `,` + lampTelemetry + `,` + lampCommands + `}`
	)
	withAPI(t, accept, func(t *testing.T, a api) {
		for query, lamp := range map[string]string{
			"":                                       all,
			"?categories=":                           all,
			"?categories=event":                      `{` + lampEvents + `}`,
			"?categories=event-telemetry":            `{` + lampEvents + `,` + lampTelemetry + `}`,
			"?categories=event-telemetry-command":    all,
			"?categories=command-telemetry":          `{` + lampTelemetry + `,` + lampCommands + `}`,
			"?categories=command-nonsense":           `{` + lampCommands + `}`,
			"?categories=nonsense":                   all,
			"?categories=event%20telemetry":          all, // see docs/protocol/manager.md#sal-information
			"?categories=event+telemetry":            all,
			"?categories=Event":                      all,
			"?categories=event%26categories=command": all, // see docs/protocol/manager.md#sal-information: not a second parameter
			"?other=1":                               all,
		} {
			got := a.ask(t, "GET", "/salinfo/topic-names"+query, "")
			require.Equal(t, 200, got.status)
			require.Equal(t, "application/json", got.header.Get("Content-Type"))
			var names map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(got.body), &names))
			require.Len(t, names, 3)
			require.JSONEq(t, lamp, string(names["Lamp"]), query)

			got = a.ask(t, "GET", "/salinfo/topic-data"+query, "")
			require.Equal(t, 200, got.status)
			var data map[string]map[string]map[string]map[string]struct {
				Name, Description, Units, TypeName *string
				Count                              *int
			}
			require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(got.body, `"type_name"`, `"TypeName"`)), &data))
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

func TestAPI_AnswersAWrongSlashWith404(t *testing.T) {
	withAPI(t, accept, func(t *testing.T, a api) {
		for path, method := range map[string]string{"/salinfo/topic-names/": "GET", "/salinfo/topic-data/": "GET", "/lovecsc/observinglog/": "POST", "/salinfo/metadata": "GET", "/": "GET"} {
			got := a.request(t, method, path, "")
			require.Equal(t, 404, got.status, path)
			require.NotEmpty(t, ackOf(t, got))
		}
	})
}

// One of our commanders answers through its API as it does without.
func TestAPI_ClientAndHandlerAgree(t *testing.T) {
	tooDark := func(_ context.Context, _ *sal.Controller, s *sal.Sample) error {
		if s.Topic().Name == "switchOff" {
			return errors.New("too dark")
		}
		return nil
	}
	withAPI(t, tooDark, func(t *testing.T, a api) {
		client, err := commanderhttp.New("commander:5000", commanderhttp.WithTransport(a.transport))
		require.NoError(t, err)
		same := func(direct, relayed love.Ack, err, relayedErr error) {
			t.Helper()
			require.Equal(t, err == nil, relayedErr == nil)
			require.Equal(t, commanderhttp.ResponseOf(direct, err), commanderhttp.ResponseOf(relayed, relayedErr))
			relayed.Raw = nil
			require.Equal(t, direct, relayed)
			if err != nil {
				ours, theirs := commander.ErrorOf(err, ""), commander.ErrorOf(relayedErr, "")
				require.Equal(t, ours.Kind, theirs.Kind)
				require.Equal(t, ours.Text, theirs.Text)
				require.Equal(t, ours.Code, theirs.Code)
			}
		}
		for _, c := range []commander.Call{
			call("Lamp", 0, "cmd_switchOn", `{"serial":9007199254740993}`),
			call("Lamp", 0, "cmd_switchOff", `{}`),
			call("Lamp", 0, "cmd_switchOn", `{"serial":"x"}`),
			call("Stone", 0, "cmd_roll", `{}`),
			call("Hexapod", 1, "cmd_move", `{}`), // nobody answers
		} {
			direct, err := a.execute(t, c)
			relayed, relayedErr := client.Execute(t.Context(), c)
			same(direct, relayed, err, relayedErr)

			direct, err = a.Check(t.Context(), c)
			relayed, relayedErr = client.Check(t.Context(), c)
			same(direct, relayed, err, relayedErr)
		}
		for range 2 {
			require.Equal(t, "ana@host", (<-a.got).Identity())
		}
		for _, categories := range []string{"", "event", "telemetry-command", "nonsense"} {
			for _, get := range []func(commander.Informer) (json.RawMessage, error){
				func(i commander.Informer) (json.RawMessage, error) { return i.TopicNames(t.Context(), categories) },
				func(i commander.Informer) (json.RawMessage, error) { return i.TopicData(t.Context(), categories) },
			} {
				direct, err := get(a)
				require.NoError(t, err)
				relayed, err := get(client)
				require.NoError(t, err)
				require.Equal(t, direct, relayed)
			}
		}
		at, err := client.Heartbeat(t.Context())
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), at, time.Millisecond)

		got := a.request(t, "GET", "/salinfo/topic-data", "", "Accept-Encoding", "gzip")
		require.Equal(t, "gzip", got.header.Get("Content-Encoding"))
		again := a.request(t, "GET", "/salinfo/topic-data", "", "If-None-Match", got.header.Get("Etag"))
		require.Equal(t, 304, again.status)
	})
}
