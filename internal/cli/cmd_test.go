package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// withoutFields answers a request for the definitions: ATDome moveAzimuth has no fields.
// It reports whether the request was one.
func withoutFields(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != "/manager/api/salinfo/topic-data" {
		return false
	}
	_, _ = io.WriteString(w, `{"ATDome":{"command_data":{"moveAzimuth":{}}}}`)
	return true
}

// fakeManager answers every command with a status and an ack.
func fakeManager(t *testing.T, status int, ack string) *httptest.Server {
	text, err := json.Marshal(map[string]string{"ack": ack})
	require.NoError(t, err)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if withoutFields(w, r) {
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write(text)
	}))
	t.Cleanup(s.Close)
	return s
}

// hangingManager never answers, but for definitions; arrived receives the path of each request.
func hangingManager(t *testing.T) (url string, arrived <-chan string) {
	arrivals := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if withoutFields(w, r) {
			return
		}
		_, _ = io.ReadAll(r.Body) // else the server does not notice that the caller has gone
		arrivals <- r.URL.Path
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	return s.URL, arrivals
}

func TestTheLastLineOfACommandGivesItsOutcome(t *testing.T) {
	for _, c := range []struct {
		status   int
		ack      string
		args     []string
		lastLine string
	}{
		{200, "Done", nil, ""},
		{200, "100000", nil, ""},
		{202, "The command waits.", nil, "ATDome moveAzimuth waits for approval (HTTP 202)"},
		{403, "No.", nil, "ATDome moveAzimuth is not done (HTTP 403)"},
		{502, "The commander broke off.", nil, "ATDome moveAzimuth has no answer (HTTP 502)"},
		{504, "No ack.", nil, "ATDome moveAzimuth has no answer (HTTP 504)"},
		{200, "In order.", []string{"--dry-run"}, ""},
		{400, "Wrong.", []string{"--dry-run"}, "ATDome moveAzimuth would be refused (HTTP 400)"},
		{502, "No commander.", []string{"--dry-run"}, "ATDome moveAzimuth could not be checked (HTTP 502)"},
	} {
		t.Run(strconv.Itoa(c.status)+strings.Join(c.args, ""), func(t *testing.T) {
			args := append([]string{"cmd", "--manager", fakeManager(t, c.status, c.ack).URL, "--token", "t", "ATDome", "cmd_moveAzimuth"}, c.args...)
			want := result{out: c.ack + "\n"}
			if c.lastLine != "" {
				want.code, want.errors = exitFailure, "loved cmd: "+c.lastLine+"\n"
			}
			require.Equal(t, want, newUser(t).run(args...))
		})
	}
}

func TestTheCodeOfAnAcknowledgementDecidesTheExitStatus(t *testing.T) {
	for answer, want := range map[string]result{
		`{"ack": "Done", "code": 303}`:    {out: "Done\n"},
		`{"ack": "100000", "code": 303}`:  {out: "100000\n"}, // a ScriptQueue's answer to add
		`{"ack": "", "code": 303}`:        {out: "Done\n"},
		`{"ack": "Failed: x"}`:            {out: "Failed: x\n"}, // the Python commander answers failures with 500
		`{"ack": "Done", "code": -302}`:   {code: exitFailure, out: "Done\n", errors: "loved cmd: ATDome moveAzimuth is not done (code -302)\n"},
		`{"ack": "Stalled", "code": 302}`: {code: exitFailure, out: "Stalled\n", errors: "loved cmd: ATDome moveAzimuth is not done (code 302)\n"},
		`{"ack": "", "code": -304}`:       {code: exitFailure, out: "\n", errors: "loved cmd: ATDome moveAzimuth is not done (code -304)\n"},
		`{"ack": "On the way", "code": 301}`: {code: exitFailure, errors: "loved cmd: The commander answered with status 200 and code 301, which does not end a command. " +
			"Whether the command was executed is unknown: see the record of commands.\n"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !withoutFields(w, r) {
				_, _ = io.WriteString(w, answer)
			}
		}))
		require.Equal(t, want, newUser(t).run("cmd", "--manager", s.URL, "--token", "t", "ATDome", "cmd_moveAzimuth"), answer)
		s.Close()
	}
}

func TestAnInterruptedCommandFailsAndSaysThatItContinues(t *testing.T) {
	url, arrived := hangingManager(t)
	for _, args := range [][]string{{"cmd", "ATDome", "moveAzimuth"}, {"approve", "7"}} {
		p := newUser(t).start(append(args, "--manager", url, "--token", "t")...)
		<-arrived
		require.Equal(t, exitFailure, p.stop())
		p.waitForError(`^loved ` + args[0] + `: interrupted: if the command was sent, it continues; the record of commands will show its outcome \(loved commands\)\n$`)
	}
}

func TestOtherCommandsThatAreInterruptedBeforeTheirEndFail(t *testing.T) {
	url, arrived := hangingManager(t)
	for _, args := range [][]string{
		{"token", "ana"}, {"commands", "--token", "t"}, {"authority", "--token", "t"}, {"dismiss", "--token", "t", "7"},
		{"cmd", "--user", "ana", "ATDome", "moveAzimuth"}, // at the log-in
		{"pub", "--token", "t", "event", "ATDome", "x", "1"},
	} {
		u := newUser(t)
		u.env["LOVED_PASSWORD"] = "ana's"
		p := u.start(append(args, "--manager", url)...)
		<-arrived
		require.Equal(t, exitFailure, p.stop())
		p.waitForError(`^loved ` + args[0] + `: interrupted\n$`)
	}
}

func TestASubscriptionThatIsInterruptedSucceeds(t *testing.T) {
	url, arrived := hangingManager(t)
	p := newUser(t).start("sub", "--token", "t", "--manager", url, "event-all-all-all")
	<-arrived
	require.Equal(t, exitDone, p.stop())
}

func TestTheTimeoutBoundsTheWaitForACommand(t *testing.T) {
	url, _ := hangingManager(t)
	got := newUser(t).run("cmd", "--timeout", "0.02", "--manager", url, "--token", "t", "ATDome", "moveAzimuth")
	require.Equal(t, result{code: exitFailure, errors: "loved cmd: no answer in time: if the command was sent, it continues; " +
		"the record of commands will show its outcome (loved commands)\n"}, got)
}

func TestACommandWhoseManagerStopsHasAnUnknownOutcome(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !withoutFields(w, r) {
			panic(http.ErrAbortHandler)
		}
	}))
	defer s.Close()
	got := newUser(t).run("cmd", "--manager", s.URL, "--token", "t", "ATDome", "moveAzimuth")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errors, "EOF")
	require.Contains(t, got.errors, "Whether the command was executed is unknown: see the record of commands")
}

func TestTheProcessPasswordDoesNotAllowCommands(t *testing.T) {
	u := newUser(t)
	u.env["PROCESS_CONNECTION_PASS"] = "for the producers"
	got := u.run("cmd", "ATDome", "moveAzimuth", "azimuth=1")
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.errors, "only a user may do that: give --token or --user")
	require.NotContains(t, u.run("cmd", "--help").out, "--process-password")

	u.startDemo()
	require.Equal(t, result{out: "Done\n"}, u.run("cmd", "ATDome", "moveAzimuth", "azimuth=1"))
}

func TestTheUserOfACommandCanComeFromTheEnvironment(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	u.env["LOVED_USER"] = "cmd_user" // of the demo, which knows the password
	require.Equal(t, result{out: "Done\n"}, u.run("cmd", "ATDome", "moveAzimuth", "azimuth=1"))
	require.Contains(t, u.cmdCompletions("AT"), "ATDome")
	require.Contains(t, u.run("commands").out, "cmd_user")
}

func TestValuesOfACommandAreJSONOrText(t *testing.T) {
	values, err := fieldValues([]string{"a=90", "b=north", "c=[1,2]", "d=", `e="7"`, "f=NaN", `g=say "hi"`, "h=x=y"})
	require.NoError(t, err)
	require.Equal(t, `{"a":90,"b":"north","c":[1,2],"d":"","e":"7","f":"NaN","g":"say \"hi\"","h":"x=y"}`, string(paramsOf(values, nil)))
	every := map[string]bool{"a": true, "b": true, "c": true, "d": true, "e": true}
	require.Equal(t, `{"a":"90","b":"north","c":"[1,2]","d":"","e":"7","f":"NaN","g":"say \"hi\"","h":"x=y"}`, string(paramsOf(values, every)))
}

// definitionsManager answers with the definitions of one command, and keeps what it
// is asked to send.
func definitionsManager(t *testing.T, status int) (url string, sent <-chan string) {
	commands := make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"Watcher":{"command_data":{"acknowledge":{"name":{"type_name":"string"},"subsystem":{"type_name":"string"},"severity":{"type_name":"long"}}}}}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		commands <- string(body)
		_, _ = io.WriteString(w, `{"ack":"Done"}`)
	}))
	t.Cleanup(s.Close)
	return s.URL, commands
}

func TestAValueIsWhatItsFieldTakesIfTheCommanderCanBeAsked(t *testing.T) {
	for status, params := range map[int]string{
		200: `{"severity":5,"subsystem":"5","name":"null","more":1}`,
		503: `{"severity":5,"subsystem":5,"name":null,"more":1}`,
	} {
		url, sent := definitionsManager(t, status)
		for _, command := range []string{"acknowledge", "cmd_acknowledge"} {
			got := newUser(t).run("cmd", "--manager", url, "--token", "t", "Watcher", command, "severity=5", "subsystem=5", "name=null", "more=1")
			want := result{out: "Done\n"}
			if status != 200 {
				want.errors = "whether Watcher acknowledge leaves out a field could not be checked: the manager does not know its fields\n"
			}
			require.Equal(t, want, got)
			require.Contains(t, <-sent, `"params":`+params)
		}
	}
	u := newUser(t)
	u.startDemo()
	got := u.run("cmd", "--dry-run", "Watcher", "acknowledge", "severity=2", "name=5", "acknowledgedBy=true")
	require.Equal(t, result{out: "The command is in order; it was not sent.\n"}, got)
}

func TestArgumentsThatAreNotUTF8AreNotSent(t *testing.T) {
	u := newUser(t)
	for _, args := range [][]string{
		{"cmd", "--token", "t", "ATDome", "moveAzimuth", "azimuth=\xff"}, {"cmd", "--token", "t", "ATDome", "moveAzimuth", "\xff=1"},
		{"cmd", "--token", "t", "ATDome", "move\xff"}, {"cmd", "--token", "t", "ATDome\xff", "moveAzimuth"},
		{"sal", "publish", "--sal", "sim", "ScriptQueue:1", "cmd_add", "path=a\xff"},
		{"pub", "--token", "t", "event", "ATDome", "x\xff", "1"}, {"pub", "--token", "t", "event", "ATDome", "x", "\"\xff\""},
		{"sub", "--token", "t", "event-ATDome-0-\xff"},
	} {
		got := u.run(args...)
		require.Equal(t, exitUsage, got.code, "%q: %s", args, got.errors)
	}
	u.startDemo()
	for _, args := range [][]string{{"cmd", "--defaults"}, {"cmd", "--dry-run", "--defaults"}} {
		got := u.run(append(args, "ScriptQueue:1", "add", `path="a\ud800b"`)...)
		require.Equal(t, exitFailure, got.code)
		require.Contains(t, got.out, `the text of "path" has \ud800, which is half of a surrogate pair`)
	}
}
