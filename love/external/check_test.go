package external_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/external"
)

func TestServicesAreChecked(t *testing.T) {
	jira, logs := newFake(t), newFake(t)
	jira.answer("GET /rest/api/latest/myself", 200, `{"timeZone": "America/Santiago"}`)
	s, err := external.New(external.Config{Logs: logs.URL, Jira: external.Jira{Host: jira.URL, Token: jiraToken}})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	found, err := s.CheckLogs(t.Context())
	require.NoError(t, err)
	require.Equal(t, logs.Listener.Addr().String()+" answers", found)
	found, err = s.CheckJira(t.Context())
	require.NoError(t, err)
	require.Equal(t, jira.Listener.Addr().String()+" knows the token; its user is in America/Santiago", found)

	logs.answer("GET /exposurelog/instruments", 500, `{}`)
	_, err = s.CheckLogs(t.Context())
	require.ErrorContains(t, err, "status 500")
	jira.answer("GET /rest/api/latest/myself", 401, `{}`)
	_, err = s.CheckJira(t.Context())
	require.ErrorContains(t, err, "does not know this manager's credentials")

	s, err = external.New(external.Config{})
	require.NoError(t, err)
	_, err = s.CheckLogs(t.Context())
	require.ErrorContains(t, err, "OLE_API_HOSTNAME")
	_, err = s.CheckJira(t.Context())
	require.ErrorContains(t, err, "JIRA_API_HOSTNAME")
}
