package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
)

// readAll returns the messages and, in their places, the errors of a recording.
func readAll(text string) (messages []recordedMessage, errs []error) {
	for m, err := range readRecording(strings.NewReader(text)) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		messages = append(messages, m)
	}
	return messages, errs
}

func TestARecordedLineIsPublishedAsItWas(t *testing.T) {
	cases := map[string]struct{ line, want string }{
		"one stream": {
			`{"category":"event","data":[{"csc":"ATDome","salindex":0,"data":{"summaryState":1}}],"subscription":"event-ATDome-0-summaryState","tracing":{"producer_snd":1.5}}`,
			`{"category":"event","data":[{"csc":"ATDome","salindex":0,"data":{"summaryState":1}}]}`,
		},
		"the broadest group keeps what came with an item": {
			`{"subscription":"event-all-all-all", "data": [{"csc":"A","salindex":"1","data":{},"meta":7}, 5],"category":"event"}`,
			`{"category":"event","data":[{"csc":"A","salindex":"1","data":{},"meta":7}, 5]}`,
		},
		"a component's group is unwrapped": {
			`{"category":"telemetry","data":[{"csc":"ATDome","salindex":1,"data":{"ATDome":{"a":1.0, "b":NaN}}}],"subscription":"telemetry-ATDome-1-all"}`,
			`{"category":"telemetry","data":[{"csc":"ATDome","salindex":1,"data":{"a":1.0, "b":NaN}}]}`,
		},
		"a stream named like its component is not": {
			`{"category":"telemetry","data":[{"csc":"ATDome","salindex":1,"data":{"ATDome":{"a":1}}}],"subscription":"telemetry-ATDome-1-ATDome"}`,
			`{"category":"telemetry","data":[{"csc":"ATDome","salindex":1,"data":{"ATDome":{"a":1}}}]}`,
		},
		"numbers, escapes and bare tokens keep their bytes": {
			`{"category":"telemetry","data":[{"csc":"\u0041","salindex":1,"data":{"s":[1.10,1e400,-Infinity,18446744073709551615,"\u00e9\/"]}}],"producer_snd":1700000000.10}`,
			`{"category":"telemetry","data":[{"csc":"\u0041","salindex":1,"data":{"s":[1.10,1e400,-Infinity,18446744073709551615,"\u00e9\/"]}}],"producer_snd":1700000000.10}`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			messages, errs := readAll(c.line + "\n")
			require.Empty(t, errs)
			require.Len(t, messages, 1)
			require.Equal(t, c.want, string(messages[0].JSON))
		})
	}
}

func TestTheTimeOfARecordedLineIsWhenTheManagerReceivedIt(t *testing.T) {
	line := func(tracing string) string {
		return `{"category":"event","data":[],"tracing":` + tracing + `}`
	}
	messages, errs := readAll(strings.Join([]string{
		line(`{"producer_snd":NaN,"manager_rcv_from_producer":1700000000.25}`),
		line(`{"manager_rcv_from_producer":1700000001.5}`),
		line(`{"manager_rcv_from_producer":null}`),
		line(`{"manager_rcv_from_producer":1e300}`),
		line(`7`),
	}, "\n"))
	require.Empty(t, errs)
	require.Len(t, messages, 5)
	require.Equal(t, 1250*time.Millisecond, messages[1].At-messages[0].At)
	for i, timed := range []bool{true, true, false, false, false} {
		require.Equal(t, timed, messages[i].Timed, "line %d", i+1)
	}
}

func TestABadLineCostsOneMessageAndIsReportedByNumber(t *testing.T) {
	messages, errs := readAll(`{"category":"event","data":[]}

{"category":"event","data":[
{"data":"Successfully subscribed to event-all-all-all"}
{"category":"event","data":"x"}
{"category":"event","data":[]}`)
	require.Len(t, messages, 2)
	require.Len(t, errs, 3)
	for i, want := range []string{"line 3", "line 4", "line 5"} {
		var bad *partError
		require.ErrorAs(t, errs[i], &bad)
		require.Contains(t, errs[i].Error(), want)
	}
}

func TestATruncatedFirstLineIsNotTakenForATranscript(t *testing.T) {
	messages, errs := readAll("{\"category\":\"event\",\"da\n{\"category\":\"event\",\"data\":[]}\n")
	require.Len(t, messages, 1)
	require.Len(t, errs, 1)
}

func TestATranscriptYieldsTheDataMessagesOfItsSteps(t *testing.T) {
	messages, errs := readAll(`{
  "description": "two steps",
  "steps": [
    {"expect": [{"option": "subscribe", "category": "initial_state", "csc": "A", "salindex": "all", "stream": "all"}], "expect_at": [0.5]},
    {"expect": [
      {"category": "event", "data": [{"csc": "A", "salindex": 1, "data": {"s": [{"v": {"$float": "NaN"}, "w": [{ "$float" : "-Infinity" }, 0.10]}, "{\"$float\": \"NaN\"}"]}}], "producer_snd": 0},
      {"category": "event", "data": [], "producer_snd": 1.5},
      {"category": 5, "data": []}
     ], "expect_at": [0.75, 2.0]}
  ]
}`)
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], `step 2: "category" must be a text`)
	require.Len(t, messages, 2)
	require.Equal(t, `{"category": "event", "data": [{"csc": "A", "salindex": 1, "data": {"s": [{"v": NaN, "w": [-Infinity, 0.10]}, "{\"$float\": \"NaN\"}"]}}], "producer_snd": 0}`, string(messages[0].JSON))
	require.Equal(t, 1250*time.Millisecond, messages[1].At-messages[0].At)
}

func TestAFileThatIsNotARecordingIsReported(t *testing.T) {
	_, errs := readAll("{\n  \"name\": 1,\n")
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], "neither lines of `loved sub` nor a transcript")
}

func TestEveryGoldenTranscriptCanBeRead(t *testing.T) {
	total := 0
	for _, file := range goldenTranscripts(t) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		messages, errs := readAll(string(text))
		require.Empty(t, errs, file)
		total += len(messages)
		for _, m := range messages {
			require.NoError(t, wire.Valid(m.JSON))
			require.NotContains(t, string(m.JSON), "$float")
			require.True(t, m.Timed)
		}
	}
	require.Equal(t, 590, total)
}

func goldenTranscripts(t testing.TB) []string {
	files, err := filepath.Glob("../../testdata/golden/producer/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func FuzzReadRecording(f *testing.F) {
	f.Add([]byte(`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"A":{"s":NaN}}}],"subscription":"event-A-1-all"}`))
	f.Add([]byte(`{"steps":[{"expect":[{"category":"event","data":[{"$float":"NaN"},{"$float":"x"}]}],"expect_at":[1]}]}`))
	f.Add([]byte("{\n\"steps\": [{\"expect\": [{}]}]\n}"))
	f.Add([]byte(`{"category":"\ud800","data":[]}` + "\n" + `{"category"`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for m, err := range readRecording(bytes.NewReader(text)) {
			if err == nil {
				require.NoError(t, wire.Valid(m.JSON), "%s", m.JSON)
			}
		}
	})
}
