package efd_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/influxtest"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/efd"
	"github.com/rubin-love/love-go/love/lovetest"
)

// database makes a database with records as an EFD has them, and returns its name.
func database(t *testing.T, address string, records []history.Record) string {
	t.Helper()
	var points []influxtest.Point
	for _, r := range records {
		topic := r.Group.Stream
		if r.Group.Category == love.CategoryEvent {
			topic = "logevent_" + topic
		}
		points = append(points, influxtest.Point{CSC: r.Group.CSC, Topic: topic, SalIndex: r.Group.SalIndex, Fields: r.Fields, Time: r.Time})
	}
	return influxtest.Database(t, address, points)
}

func TestAnEFDIsASource(t *testing.T) {
	address := influxtest.Address(t)
	lovetest.RunHistory(t, func(t *testing.T, records []history.Record) history.Source {
		e, err := efd.New(efd.Config{URL: address, Database: database(t, address, records)})
		require.NoError(t, err)
		return e
	})
}

func TestAddressesThatAreWrongAreErrors(t *testing.T) {
	for _, address := range []string{"", "localhost:8086", "ftp://host", "http://", "http://user:secret@host", "http://host:port:1"} {
		_, err := efd.New(efd.Config{URL: address})
		require.Error(t, err, address)
		require.NotContains(t, err.Error(), "secret")
	}
}

var (
	position = love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")
	day      = history.Span{From: time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)}
)

// fake is an EFD with one measurement, whose SELECTs are answered by answer.
func fake(t *testing.T, c efd.Config, answer http.HandlerFunc) (e *efd.EFD, queries func() []string) {
	t.Helper()
	asked := make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.FormValue("q")
		asked <- q
		switch {
		case strings.HasPrefix(q, "SHOW MEASUREMENTS"):
			_, _ = io.WriteString(w, `{"results":[{"statement_id":0,"series":[{"name":"measurements","columns":["name"],"values":[["lsst.sal.ATDome.position"]]}]}]}`)
		case strings.HasPrefix(q, "SHOW FIELD KEYS"):
			_, _ = io.WriteString(w, `{"results":[{"series":[{"name":"x","columns":["fieldKey","fieldType"],"values":[["azimuthPosition","float"],["salIndex","integer"],["bad\" name","float"]]}]}]}`)
		default:
			answer(w, r)
		}
	}))
	t.Cleanup(s.Close)
	c.URL = s.URL + "/influx"
	e, err := efd.New(c)
	require.NoError(t, err)
	return e, func() (all []string) {
		close(asked)
		for q := range asked {
			all = append(all, q)
		}
		return all
	}
}

func ask(ctx context.Context, e *efd.EFD) error {
	_, err := e.Series(ctx, history.SeriesQuery{Stream: position, Fields: []string{"azimuthPosition"}, Span: day, Points: 10})
	return err
}

func TestWhatAnEFDDoesWrongIsAnErrorThatSaysSo(t *testing.T) {
	const begin = `{"results":[{"series":[{"name":"x","columns":["time","azimuthPosition"],"values":[`
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   error
		text   string
	}{
		"refuses the password": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(401)
			_, _ = io.WriteString(w, `{"error":"authorization failed"}`)
		}, history.ErrUnavailable, "refuses the user and password"},
		"answers half": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, begin+`[1,2],[3`)
		}, history.ErrUnavailable, "ends in the middle"},
		"breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, begin+`[1,2],`)
		}, history.ErrUnavailable, "ends in the middle"},
		"reports an error": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"results":[{"statement_id":0,"error":"timeout of the coordinator"}]}`)
		}, history.ErrUnavailable, "timeout of the coordinator"},
		"is not one": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `[1]`)
		}, history.ErrUnavailable, "not that of an InfluxDB"},
		"is a proxy's page": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(502)
			_, _ = io.WriteString(w, `<html>`)
		}, history.ErrUnavailable, "502"},
		"answers ten million rows": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, begin+`[1,2]`)
			for range 10_000_000 {
				if _, err := io.WriteString(w, `,[1,2]`); err != nil {
					return
				}
			}
		}, history.ErrTooMuch, "more than the 11 rows"},
		"answers partly": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, begin+`[1,2]],"partial":true}]}]}`)
		}, history.ErrTooMuch, "max-row-limit"},
		"answers with a wrong time": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, begin+`["yesterday",2]]}]}]}`)
		}, history.ErrUnavailable, "yesterday"},
		"answers with a wrong row": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, begin+`[]]}]}]}`)
		}, history.ErrUnavailable, "without columns"},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := fake(t, efd.Config{}, c.answer)
			err := ask(t.Context(), e)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.text)
		})
	}
}

func TestAnEFDThatHangsIsGivenUp(t *testing.T) {
	ended := make(chan struct{}, 2)
	hang := func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		ended <- struct{}{}
	}
	e, _ := fake(t, efd.Config{Timeout: 50 * time.Millisecond}, hang)
	err := ask(t.Context(), e)
	require.ErrorIs(t, err, history.ErrUnavailable)
	require.ErrorContains(t, err, "does not answer within 50ms")
	<-ended
	ctx, cancel := context.WithCancel(t.Context())
	e, _ = fake(t, efd.Config{}, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		hang(w, r)
	})
	require.ErrorIs(t, ask(ctx, e), context.Canceled)
	<-ended
}

func TestNobodyListensIsAnErrorWithoutTheAddress(t *testing.T) {
	e, err := efd.New(efd.Config{URL: "http://127.0.0.1:1/path"})
	require.NoError(t, err)
	err = ask(t.Context(), e)
	require.ErrorIs(t, err, history.ErrUnavailable)
	require.NotContains(t, err.Error(), "/path")
}

func TestNothingThatAClientSendsIsPartOfAQueryUnlessItIsListed(t *testing.T) {
	e, queries := fake(t, efd.Config{Username: "ana", Password: "secret"}, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "ana" || password != "secret" || r.URL.Path != "/influx/query" || r.URL.Query().Get("db") != "efd" || r.URL.Query().Get("epoch") != "ns" {
			w.WriteHeader(400)
			return
		}
		_, _ = io.WriteString(w, `{"results":[{}]}`)
	})
	const evil = `x"; DROP DATABASE efd; --`
	for _, g := range []love.Group{
		{Category: "telemetry", CSC: evil, SalIndex: "0", Stream: "position"}, {Category: "telemetry", CSC: "ATDome", SalIndex: evil, Stream: "position"},
		{Category: "telemetry", CSC: "ATDome", SalIndex: "0", Stream: evil}, {Category: evil, CSC: "ATDome", SalIndex: "0", Stream: "position"},
	} {
		_, err := e.Series(t.Context(), history.SeriesQuery{Stream: g, Fields: []string{"azimuthPosition"}, Span: day})
		require.ErrorIs(t, err, history.ErrUnknownStream)
		_, err = e.Events(t.Context(), history.EventQuery{Streams: []love.Group{g}, Span: day})
		require.NoError(t, err)
	}
	for _, field := range []string{evil, `bad" name`} {
		_, err := e.Newest(t.Context(), history.NewestQuery{Stream: position, Fields: []string{field}})
		require.ErrorIs(t, err, history.ErrUnknownField)
	}
	require.NoError(t, ask(t.Context(), e))
	all := queries()
	for _, q := range all {
		require.NotContains(t, q, "DROP")
	}
	require.Equal(t, `SELECT "azimuthPosition" FROM "efd"."autogen"."lsst.sal.ATDome.position" WHERE time >= 1773446400000000000 AND time < 1773532800000000000 AND "salIndex" = 0 LIMIT 11`, all[len(all)-1])
	require.Len(t, all, 3, "lists are asked for once")
}

func TestCredentialsAreLookedUpByName(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/segwarides/list":
			_ = json.NewEncoder(w).Encode([]string{"usdf_efd", "summit_efd"})
		case "/segwarides/creds/summit_efd":
			_, _ = io.WriteString(w, `{"host":"efd.example","port":"443","path":"/influx/","username":"ana","password":"secret","schema_registry":"x"}`)
		case "/segwarides/creds/old":
			_, _ = io.WriteString(w, `{"host":"efd.example","port":8086,"path":"","username":"","password":""}`)
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	c := efd.Credentials{URL: s.URL + "/segwarides"}
	names, err := c.Names(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"summit_efd", "usdf_efd"}, names)
	config, err := c.Lookup(t.Context(), "summit_efd")
	require.NoError(t, err)
	require.Equal(t, efd.Config{URL: "https://efd.example:443/influx", Username: "ana", Password: "secret"}, config)
	config, err = c.Lookup(t.Context(), "old")
	require.NoError(t, err)
	require.Equal(t, "https://efd.example:8086", config.URL)
	for _, name := range []string{"nobody", "../list", ""} {
		_, err = c.Lookup(t.Context(), name)
		require.ErrorContains(t, err, "EFD", name)
	}
	s.Close()
	_, err = c.Names(t.Context())
	require.ErrorIs(t, err, history.ErrUnavailable)
}
