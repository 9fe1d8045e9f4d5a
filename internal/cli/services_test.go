package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// builtFrontend returns a folder with a built frontend.
func builtFrontend(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "index.html"), []byte(`<script src="/static/js/main.js"></script>`), 0o600))
	return dir
}

func TestAManagerServesAFrontendAndItsServices(t *testing.T) {
	u := newUser(t)
	logs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `["LATISS"]`)
	}))
	defer logs.Close()
	u.env["OLE_API_HOSTNAME"], u.env["LOVED_FRONTEND"] = logs.URL, builtFrontend(t)
	p, url := u.startManager()
	p.waitForError(`msg=services logs=http://127.0.0.1:`)
	p.waitForError(`msg=frontend folder=`)
	require.Contains(t, request(t, "GET", url+"/uif/view", "", ""), "/static/js/main.js")
	u.env["LOVED_PASSWORD"] = "user's"
	token := strings.TrimSpace(u.mustRun("", "token", "user"))
	require.Equal(t, `["LATISS"]`, request(t, "GET", url+"/manager/api/ole/exposurelog/instruments", token, ""))
	require.Contains(t, request(t, "GET", url+"/manager/api/jira/report/OBS/", token, ""), "JIRA_API_HOSTNAME")
}

func TestADemoServesAFrontend(t *testing.T) {
	u := newUser(t)
	u.env["LOVED_FRONTEND"] = builtFrontend(t)
	url := u.startDemo().waitFor(`Page    (http://127.0.0.1:\d+)`)[1]
	require.Contains(t, request(t, "GET", url+"/", "", ""), "/static/js/main.js")
	session, err := readSession(environment(u.env).lookup, url)
	require.NoError(t, err)
	require.Contains(t, request(t, "GET", url+"/manager/api/tcs/aux/docstrings", session.Token, ""), "This manager has no commander")
}

func TestServicesThatAreSetInPartAreReported(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"none":  {nil, nil},
		"all":   {[]string{"--ole", "x", "--jira", "x", "--jira-token", "abcdefgh", "--smtp-user", "x", "--smtp-password", "abcdefgh", "--nightreport-mail", "a@b"}, nil},
		"jira":  {[]string{"--jira", "x"}, []string{"--jira (JIRA_API_HOSTNAME) is given without --jira-token (JIRA_API_TOKEN): no tickets"}},
		"token": {[]string{"--jira-token", "x"}, []string{"--jira-token (JIRA_API_TOKEN) is given without --jira"}},
		"smtp":  {[]string{"--smtp-user", "x"}, []string{"without --smtp-password (SMTP_PASSWORD): no night reports", "without --nightreport-mail (NIGHTREPORT_MAIL_ADDRESS)"}},
		"mail":  {[]string{"--nightreport-mail", "a@b"}, []string{"is given without --smtp-user (SMTP_USER)"}},
	} {
		got := parseManager(t, c.args...).warnings(plenty)
		require.Len(t, got, len(c.want), "%s: %q", name, got)
		for i, want := range c.want {
			require.Contains(t, got[i], want)
		}
	}
	f := &managerFlags{}
	f.services.resolve(func(name string) (string, bool) {
		return map[string]string{"LOVE_SITE": "tucson", "REMOTE_STORAGE": "true"}[name], true
	})
	require.Equal(t, "tucson_teststand_efd", f.services.reportEFD)
	require.Contains(t, f.services.warnings()[0], "REMOTE_STORAGE has no effect")
}

func TestServicesThatAreWrongAreErrors(t *testing.T) {
	u := newUser(t)
	u.env["PROCESS_CONNECTION_PASS"], u.env["LOVED_DATABASE"] = "a good long one", "sqlite::memory:"
	for text, args := range map[string][]string{
		"--ole, --jira: the log services":             {"--ole", "ftp://x"},
		"--smtp-server, --smtp-user: the mail server": {"--smtp-server", "x", "--smtp-user", "u", "--smtp-password", "abcdefgh"},
		"give the folder that its build made":         {"--frontend", t.TempDir()},
	} {
		got := u.run(append([]string{"manager", "--listen", "127.0.0.1:0"}, args...)...)
		require.Equal(t, exitUsage, got.code, got.errors)
		require.Contains(t, got.errors, text)
	}
}

func TestCheckTriesFrontendAndServices(t *testing.T) {
	u := newUser(t)
	u.env["PROCESS_CONNECTION_PASS"], u.env["LOVED_DATABASE"] = "a good long one", "sqlite::memory:"
	out := u.run("check").out
	for _, name := range []string{"frontend", "log services", "Jira", "mail server"} {
		require.NotContains(t, out, name+":")
	}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"timeZone": "America/Santiago"}`)
	}))
	args := []string{"check", "--ole", service.URL, "--jira", service.URL, "--jira-token", "abcdefgh", "--frontend", builtFrontend(t)}
	out = u.run(args...).out
	require.Regexp(t, `(?m)^ok +log services: 127.0.0.1:\d+ answers$`, out)
	require.Regexp(t, `(?m)^ok +Jira: 127.0.0.1:\d+ knows the token; its user is in America/Santiago$`, out)
	require.Regexp(t, `(?m)^ok +frontend: .* is a built frontend$`, out)
	service.Close()
	out = u.run(append(args, "--smtp-server", "127.0.0.1:1", "--smtp-user", "u", "--smtp-password", "abcdefgh", "--frontend", t.TempDir())...).out
	for _, name := range []string{"log services", "Jira", "mail server", "frontend"} {
		require.Regexp(t, `(?m)^FAILED +`+name+`: `, out)
	}
	require.NotContains(t, out, "abcdefgh")
}
