package external_test

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/external"
)

const (
	exposures  = "ole/exposurelog/messages/"
	narratives = "ole/narrativelog/messages/"
)

// keepsFiles makes the commander keep files, at http://lfa.example/<name>, and returns
// the contents by name.
func (h *harness) keepsFiles() map[string]string {
	kept := map[string]string{}
	h.commander.on("POST /lfa/upload-file", func(w http.ResponseWriter, r *http.Request) {
		_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil {
			panic(err)
		}
		part, err := multipart.NewReader(r.Body, params["boundary"]).NextPart()
		if err != nil || part.FormName() != "uploaded_file" {
			panic(fmt.Sprint(part.FormName(), err))
		}
		content, err := io.ReadAll(part)
		if err != nil {
			panic(err)
		}
		kept[part.FileName()] = string(content) + " " + part.Header.Get("Content-Type")
		fmt.Fprintf(w, `{"ack": "Added", "url": %q}`, "http://lfa.example/"+part.FileName())
	})
	return kept
}

func TestMessagesAreListedWithTheQuery(t *testing.T) {
	h := newHarness(t)
	for path, at := range map[string]string{
		exposures: "/exposurelog/messages", narratives: "/narrativelog/messages", "ole/nightreport/reports/": "/nightreport/reports",
		"ole/exposurelog/exposures": "/exposurelog/exposures", "ole/exposurelog/instruments": "/exposurelog/instruments",
	} {
		h.logs.answer("GET "+at, 200, `[{"id": "1", "x": NaN}]`)
		h.requireJSON(h.get(path+"?order_by=-date_added&tags=a&tags=b%26c"), 200, `[{"id": "1", "x": null}]`)
		asked := h.logs.only(t)
		require.Equal(t, "order_by=-date_added&tags=a&tags=b%26c", asked.query)
		require.Empty(t, asked.header.Get("Authorization"))
		h.logs.answer("GET "+at, 422, `{"detail": "no"}`)
		h.requireJSON(h.get(path), 422, `{"detail": "no"}`)
		h.logs.only(t)
	}
}

func TestAMessageIsReadAndDeletedByItsID(t *testing.T) {
	h := newHarness(t)
	for _, path := range []string{exposures, narratives, "ole/nightreport/reports/"} {
		at := "/" + strings.TrimPrefix(path, "ole/") + "0f3e-1"
		h.requireJSON(h.get(path+"0f3e-1/"), 200, fmt.Sprintf(`{"path": %q}`, at))
		require.Equal(t, at, h.logs.only(t).path)
		h.logs.answer("DELETE "+at, 204, "")
		got := h.call("user", "DELETE", "api/"+path+"0f3e-1/", "", "")
		h.requireJSON(got, 200, `{"ack": "Deleted."}`)
		require.Equal(t, "DELETE", h.logs.only(t).method)
		h.logs.answer("DELETE "+at, 404, `{"detail": "none"}`)
		require.Equal(t, 404, h.call("user", "DELETE", "api/"+path+"0f3e-1/", "", "").StatusCode)
		h.logs.only(t)
		for _, id := range []string{"..%2f..", "%2e%2e", "a%2Fb", "a%3Fb", strings.Repeat("a", 65), "é", "%00"} {
			for _, method := range []string{"GET", "DELETE"} {
				require.Contains(t, []int{400, 404}, h.call("user", method, "api/"+path+id+"/", "", "").StatusCode, id)
			}
		}
		require.Empty(t, h.logs.asked())
	}
}

func TestAnExposureMessageIsWrittenForEveryExposure(t *testing.T) {
	h := newHarness(t)
	kept := h.keepsFiles()
	got := h.sendForm("POST", exposures, formData{
		values: map[string]string{
			"obs_id": "AT_O_1,AT_O_2", "instrument": "LATISS", "message_text": "é & b", "level": "10", "tags": "dome,wind", "urls": "", "is_human": "true",
			"exposure_flag": "none", "user_id": "forged", "user_agent": "forged", "undefined_one": "undefined", "null_one": "null", "jira": "false",
		},
		files: map[string]string{"plot \"1\".png": "pixels"},
	})
	h.requireJSON(got, 200, `{"path": "/exposurelog/messages"}`)
	require.Equal(t, map[string]string{"plot \"1\".png": "pixels application/octet-stream"}, kept)
	asked := h.logs.asked()
	require.Len(t, asked, 2)
	for i, id := range []string{"AT_O_1", "AT_O_2"} {
		require.Equal(t, "POST /exposurelog/messages", asked[i].method+" "+asked[i].path)
		require.JSONEq(t, fmt.Sprintf(`{"obs_id": %q, "instrument": "LATISS", "message_text": "é & b", "level": "10", "tags": ["dome", "wind"],
			"urls": ["http://lfa.example/plot \"1\".png"], "is_human": "true", "exposure_flag": "none", "jira": "false",
			"user_id": "user@summit.example", "user_agent": "LOVE"}`, id), asked[i].body)
	}
	require.Equal(t, "application/json", asked[0].header.Get("Content-Type"))
}

func TestAnExposureMessageThatFailsForOneExposureSaysWhichHaveIt(t *testing.T) {
	h := newHarness(t)
	n := 0
	h.logs.on("POST /exposurelog/messages", func(w http.ResponseWriter, _ *http.Request) {
		if n++; n == 2 {
			w.WriteHeader(404)
			_, _ = io.WriteString(w, `{"detail": "no such exposure"}`)
			return
		}
		_, _ = io.WriteString(w, `{}`)
	})
	got := h.sendForm("POST", exposures, formData{values: map[string]string{"obs_id": "a,b,c"}})
	h.requireProblem(got, 502, "no such exposure")
	h.requireProblem(got, 502, "is written for a, not for b")
	require.Len(t, h.logs.asked(), 2)
	n = 1
	got = h.sendForm("POST", exposures, formData{values: map[string]string{"obs_id": "b"}})
	h.requireJSON(got, 404, `{"detail": "no such exposure"}`)
	before := len(h.logs.asked())
	for _, ids := range []string{" , ", strings.Repeat("a,", 501)} {
		h.requireProblem(h.sendForm("POST", exposures, formData{values: map[string]string{"obs_id": ids}}), 400, "obs_id")
	}
	require.Len(t, h.logs.asked(), before)
}

func TestANarrativeMessageHasItsTimesInTAI(t *testing.T) {
	h := newHarness(t)
	h.keepsFiles()
	values := map[string]string{
		"message_text": "x", "date_begin": "2026-03-14T01:59:26.535", "date_end": "2016-12-31T23:59:59",
		"components_json": `{"name": "AuxTel", "n": 1.50}`, "tags": "a", "time_lost": "0.5",
	}
	h.sendForm("POST", narratives, formData{values: values, files: map[string]string{"a.txt": "a"}})
	h.keepsFiles()
	asked := h.logs.only(t)
	require.Equal(t, "POST /narrativelog/messages", asked.method+" "+asked.path)
	require.JSONEq(t, `{"message_text": "x", "date_begin": "2026-03-14T02:00:03.535000", "date_end": "2017-01-01T00:00:35.000000",
		"components_json": {"name": "AuxTel", "n": 1.50}, "tags": ["a"], "time_lost": "0.5", "urls": ["http://lfa.example/a.txt"],
		"user_id": "user@summit.example", "user_agent": "LOVE"}`, asked.body)

	values["urls"], values["components_json"], values["date_end"] = "http://a.example,,http://b.example", "undefined", ""
	h.requireJSON(h.sendForm("PUT", narratives+"7/", formData{values: values}), 200, `{"path": "/narrativelog/messages/7"}`)
	asked = h.logs.only(t)
	require.Equal(t, "PATCH /narrativelog/messages/7", asked.method+" "+asked.path)
	require.JSONEq(t, `{"message_text": "x", "date_begin": "2026-03-14T02:00:03.535000", "tags": ["a"], "time_lost": "0.5",
		"urls": ["http://a.example", "http://b.example"]}`, asked.body, "the author stays the first")

	for _, utc := range []string{"2026-03-14T01:59:26Z", "2026-03-14 01:59:26", "2026-03-14T03:59:26+02:00", "2026-03-14T01:59:26.000000"} {
		h.sendForm("PUT", narratives+"7/", formData{values: map[string]string{"date_begin": utc}})
		require.Contains(t, h.logs.only(t).body, "2026-03-14T02:00:03.000000", utc)
	}
}

func TestAnExposureMessageIsChanged(t *testing.T) {
	h := newHarness(t)
	h.keepsFiles()
	h.sendForm("PUT", exposures+"7/", formData{
		values: map[string]string{"message_text": "y", "obs_id": "a,b", "tags": "", "urls": "http://a.example"}, files: map[string]string{"f": "1"},
	})
	asked := h.logs.only(t)
	require.Equal(t, "PATCH /exposurelog/messages/7", asked.method+" "+asked.path)
	require.JSONEq(t, `{"message_text": "y", "obs_id": "a,b", "tags": [], "urls": ["http://a.example", "http://lfa.example/f"]}`, asked.body)
}

func TestAFormThatIsWrongIsRefusedBeforeAnythingIsSent(t *testing.T) {
	h := newHarness(t)
	for name, value := range map[string]string{"date_begin": "yesterday", "components_json": "{", "time_lost": "NaN", "jira_issue_id": "../x", "jira_obs_selection": "{"} {
		got := h.sendForm("POST", narratives, formData{values: map[string]string{name: value, "jira": "true"}, files: map[string]string{"f": "1"}})
		h.requireProblem(got, 400, "")
	}
	require.Equal(t, 415, h.send("POST", narratives, "{}").StatusCode)
	require.Equal(t, 400, h.call("user", "POST", "api/"+narratives, "multipart/form-data", "x").StatusCode)
	require.Equal(t, 400, h.call("user", "POST", "api/"+narratives, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc").StatusCode)
	contentType, body := formData{values: map[string]string{"message_text": "\xff"}}.encode(t)
	require.Equal(t, 400, h.call("user", "POST", "api/"+narratives, contentType, body).StatusCode)
	contentType, body = formData{files: map[string]string{"f": strings.Repeat("x", 32<<20)}}.encode(t)
	require.Equal(t, 413, h.call("user", "POST", "api/"+narratives, contentType, body).StatusCode)
	require.Empty(t, h.logs.asked())
	require.Empty(t, h.commander.asked())
	require.Empty(t, h.jira.asked())
}

func TestAFileThatCannotBeKeptStopsTheMessage(t *testing.T) {
	h := newHarness(t)
	f := formData{values: map[string]string{"obs_id": "a", "jira": "true", "jira_new": "true"}, files: map[string]string{"f.png": "1"}}
	h.commander.answer("POST /lfa/upload-file", 400, `{"ack": "The bucket is full"}`)
	h.requireProblem(h.sendForm("POST", exposures, f), 502, `The file "f.png" could not be kept: the commander answered with status 400: The bucket is full.`)
	h.commander.answer("POST /lfa/upload-file", 200, `{"ack": "Added"}`)
	h.requireProblem(h.sendForm("POST", exposures, f), 502, "could not be kept")
	h.commander.answer("POST /lfa/upload-file", 500, `oops`)
	h.requireProblem(h.sendForm("POST", exposures, f), 502, "The commander at "+h.commander.Listener.Addr().String()+" answered with status 500 and no JSON: oops")
	require.Empty(t, h.logs.asked())
	require.Empty(t, h.jira.asked())

	h = newHarness(t, func(c *external.Config) { c.Commander = "" })
	h.requireProblem(h.sendForm("POST", exposures, f), 503, "no place for files")
	require.Empty(t, h.jira.asked())
}

func TestALogServiceThatFailsIsAReadableProblem(t *testing.T) {
	h := newHarness(t, func(c *external.Config) { c.Timeout = 50 * time.Millisecond })
	at := "GET /exposurelog/messages"
	for body, text := range map[string]string{"Internal Server Error": "no JSON: Internal Server Error", "": "an empty body"} {
		h.logs.answer(at, 500, body)
		h.requireProblem(h.get(exposures), 502, text)
	}
	h.logs.answer(at, 401, `{"detail": "who?"}`)
	h.requireProblem(h.get(exposures), 502, "does not know this manager's credentials") // a 401 would log the user out
	h.logs.on(at, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, h.jira.URL, http.StatusFound) })
	h.requireProblem(h.get(exposures), 502, "redirection")
	require.Empty(t, h.jira.asked())
	h.logs.on(at, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/exposurelog/messages/", http.StatusMovedPermanently)
	})
	h.requireJSON(h.get(exposures), 200, `{"path": "/exposurelog/messages/"}`)
	release := make(chan struct{})
	defer close(release)
	h.logs.on(at, func(http.ResponseWriter, *http.Request) { <-release })
	h.requireProblem(h.get(exposures), 504, "did not answer in time.")
	h.logs.on("DELETE /exposurelog/messages/1", func(http.ResponseWriter, *http.Request) { <-release })
	h.requireProblem(h.call("user", "DELETE", "api/"+exposures+"1/", "", ""), 504, "Whether it was done is unknown")
	require.Contains(t, h.log.String(), "the log service gave no usable answer")
	require.Contains(t, h.log.String(), "user=user")

	h = newHarness(t, func(c *external.Config) { c.Logs = "127.0.0.1:1" })
	h.requireProblem(h.get(exposures), 503, "The log service at 127.0.0.1:1 cannot be reached. Nothing was sent")
}

// decoded returns a body as a tree.
func decoded(t *testing.T, body string) (tree map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(body), &tree), body)
	return tree
}
