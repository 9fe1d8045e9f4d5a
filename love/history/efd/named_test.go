package efd_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/efd"
)

func TestAnEFDIsLookedUpByNameWhenItIsAsked(t *testing.T) {
	var password atomic.Value
	password.Store("old")
	var lookups atomic.Int64
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/service/creds/summit_efd":
			lookups.Add(1)
			host, port, _ := net.SplitHostPort(r.Host)
			_, _ = fmt.Fprintf(w, `{"host":%q,"port":%q,"path":"/influx","username":"ana","password":%q}`, host, port, password.Load())
		case strings.HasPrefix(r.URL.Path, "/influx/"):
			if user, given, _ := r.BasicAuth(); user != "ana" || given != "new" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			answer := `"columns":["name"],"values":[["lsst.sal.ATDome.position"],["lsst.sal.ATDome.logevent_state"]]`
			switch q := r.FormValue("q"); {
			case strings.HasPrefix(q, "SHOW FIELD KEYS"):
				answer = `"columns":["fieldKey","fieldType"],"values":[["azimuthPosition","float"],["salIndex","integer"]]`
			case strings.HasPrefix(q, "SELECT"):
				answer = `"columns":["time","azimuthPosition"],"values":[[1773457200000000000,284.5]]`
			}
			_, _ = io.WriteString(w, `{"results":[{"series":[{`+answer+`}]}]}`)
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	service := efd.Credentials{URL: s.URL + "/service", HTTP: s.Client()}
	source := service.Source("summit_efd")
	require.Zero(t, lookups.Load(), "nothing is asked yet")
	_, err := source.Streams(t.Context())
	require.ErrorIs(t, err, history.ErrUnavailable)
	require.ErrorContains(t, err, "password")

	password.Store("new")
	streams, err := source.Streams(t.Context())
	require.NoError(t, err, "the new password is looked up")
	require.Len(t, streams, 2)
	newest, err := source.Newest(t.Context(), history.NewestQuery{Stream: position, Fields: []string{"azimuthPosition"}})
	require.NoError(t, err)
	require.Equal(t, "284.5", string(newest[0].Samples[0].Value))
	_, err = source.Series(t.Context(), history.SeriesQuery{Stream: position, Fields: []string{"azimuthPosition"}, Span: day})
	require.NoError(t, err)
	_, err = source.Events(t.Context(), history.EventQuery{Streams: []love.Group{position}, Span: day})
	require.NoError(t, err)
	require.EqualValues(t, 2, lookups.Load())

	_, err = service.Source("nobody").Streams(t.Context())
	require.ErrorIs(t, err, history.ErrUnavailable)
	require.ErrorContains(t, err, "nobody")
}
