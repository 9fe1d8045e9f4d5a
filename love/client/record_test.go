package client_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// archive is a manager with numbered commands, the newest first, in pages that
// are never longer than two.
type archive struct {
	*httptest.Server
	commands int
	asked    []string
}

func newArchive(t *testing.T, commands int) *archive {
	a := &archive{commands: commands}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.asked = append(a.asked, r.URL.RawQuery)
		newest := a.commands
		_, _ = fmt.Sscan(r.URL.Query().Get("before"), &newest)
		var limit int
		_, _ = fmt.Sscan(r.URL.Query().Get("limit"), &limit)
		oldest, entries := max(newest-min(limit, 2), 0), ""
		for i := newest - 1; i >= oldest; i-- {
			entries += fmt.Sprintf(`,{"id":"%d","user":"ana","state":"done","params":{"azimuth":90},"duration":0.25}`, i)
		}
		next := "null"
		if oldest > 0 {
			next = fmt.Sprintf(`"%d"`, oldest)
		}
		_, _ = io.WriteString(w, `{"commands":[`+entries[min(1, len(entries)):]+`],"next":`+next+`}`)
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *archive) client(t *testing.T) *client.Client {
	c, err := client.New(a.URL, client.WithHTTPClient(a.Client()))
	require.NoError(t, err)
	return c
}

func TestTheRecordIsReadPageByPage(t *testing.T) {
	for limit, want := range map[int][]string{
		0: {"4", "3", "2", "1", "0"},
		1: {"4"},
		2: {"4", "3"},
		3: {"4", "3", "2"},
		9: {"4", "3", "2", "1", "0"},
	} {
		var got []string
		for e, err := range newArchive(t, 5).client(t).Commands(t.Context(), love.CommandFilter{Limit: limit}) {
			require.NoError(t, err)
			require.Equal(t, 250*time.Millisecond, e.Duration)
			require.JSONEq(t, `{"azimuth":90}`, string(e.Params))
			got = append(got, e.ID)
		}
		require.Equal(t, want, got, limit)
	}
}

func TestWhoStopsReadingTheRecordAsksForNoMore(t *testing.T) {
	a := newArchive(t, 5)
	for range a.client(t).Commands(t.Context(), love.CommandFilter{}) {
		break
	}
	require.Equal(t, []string{"limit=1000"}, a.asked)
}

func TestTheFilterOfTheRecordIsTheManagers(t *testing.T) {
	s := newSite(t, 200, `{"commands":[],"next":null}`)
	index := 0
	since := time.Date(2026, 3, 14, 1, 59, 26, 500e6, time.FixedZone("CLT", -3*3600))
	for range s.client(t).Commands(t.Context(), love.CommandFilter{
		User: "ana", CSC: "ATDome", SalIndex: &index, Command: "moveAzimuth", State: "failed", Since: since, Until: since.Add(time.Hour), Limit: 7,
	}) {
		require.Fail(t, "there is none")
	}
	require.Equal(t, "/love/manager/api/commands/", s.request.URL.Path)
	require.Equal(t, map[string][]string{
		"user": {"ana"}, "csc": {"ATDome"}, "salindex": {"0"}, "cmd": {"moveAzimuth"}, "state": {"failed"},
		"since": {"2026-03-14T04:59:26.5Z"}, "until": {"2026-03-14T05:59:26.5Z"}, "limit": {"7"},
	}, map[string][]string(s.request.URL.Query()))
}

func TestARecordThatCannotBeReadEndsWithItsError(t *testing.T) {
	for _, test := range []struct {
		status       int
		answer, says string
	}{
		{403, `{"ack":"Your user may not command."}`, "GET /commands/: HTTP 403: Your user may not command."},
		{200, `<html>`, "not a manager's"},
	} {
		n := 0
		for _, err := range newSite(t, test.status, test.answer).client(t).Commands(t.Context(), love.CommandFilter{}) {
			require.ErrorContains(t, err, test.says)
			n++
		}
		require.Equal(t, 1, n)
	}
}
