package efdhttp_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/influxtest"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/history/efd"
	"github.com/rubin-love/love-go/love/history/efdhttp"
)

// eachSource runs a test with sources that have the records: one in memory, an archive
// and, if there is one for tests, an InfluxDB.
func eachSource(t *testing.T, records []history.Record, test func(t *testing.T, api http.Handler)) {
	run := func(name string, open func(t *testing.T) history.Source) {
		t.Run(name, func(t *testing.T) {
			test(t, efdhttp.New(efdhttp.Config{Sources: map[string]history.Source{"summit_efd": open(t)}}))
		})
	}
	run("memory", func(*testing.T) history.Source {
		m := &history.Memory{}
		m.Add(records...)
		return m
	})
	run("archive", func(t *testing.T) history.Source { return archiveOf(t, records) })
	run("InfluxDB", func(t *testing.T) history.Source { return efdOf(t, records) })
}

// archiveOf returns the folder of an archive with records as producers send them.
func archiveOf(t *testing.T, records []history.Record) history.Source {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "love-2026-03-13-001.mcap"))
	require.NoError(t, err)
	w := archive.NewWriter(f)
	for _, r := range records {
		value := []byte{'{'}
		for name, v := range wire.Members(r.Fields) {
			if len(value) > 1 {
				value = append(value, ',')
			}
			value = fmt.Appendf(value, `%q:{"value":%s,"dataType":"x","units":"deg"}`, name, v)
		}
		value = append(value, '}')
		if r.Group.Category == love.CategoryEvent {
			value = append(append([]byte{'['}, value...), ']')
		}
		require.NoError(t, w.Write(archive.Message{Group: r.Group, Value: value, Received: r.Time, Published: r.Time}))
	}
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
	return archive.NewReader(dir)
}

// efdOf returns an InfluxDB with records as the observatory's EFD has them: each element
// of a list as a field.
func efdOf(t *testing.T, records []history.Record) history.Source {
	address := influxtest.Address(t)
	var points []influxtest.Point
	for _, r := range records {
		topic := r.Group.Stream
		if r.Group.Category == love.CategoryEvent {
			topic = "logevent_" + topic
		}
		fields := []byte{'{'}
		add := func(name string, v []byte) {
			if len(fields) > 1 {
				fields = append(fields, ',')
			}
			fields = append(append(love.AppendText(fields, name), ':'), v...)
		}
		for name, v := range wire.Members(r.Fields) {
			if v[0] != '[' {
				add(name, v)
			}
			n := 0
			for element := range wire.Elements(v) {
				add(fmt.Sprintf("%s%d", name, n), element)
				n++
			}
		}
		points = append(points, influxtest.Point{CSC: r.Group.CSC, Topic: topic, SalIndex: r.Group.SalIndex, Fields: append(fields, '}'), Time: r.Time})
	}
	e, err := efd.New(efd.Config{URL: address, Database: influxtest.Database(t, address, points)})
	require.NoError(t, err)
	return e
}

// ask makes a request; without a body it is a GET.
func ask(t *testing.T, api http.Handler, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, io.NopCloser(strings.NewReader(body))))
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	return w
}

// night is a time in a night of observation.
var night = time.Date(2026, 3, 14, 1, 59, 26, 535897000, time.UTC)

func group(category love.Category, csc string, index int, stream string) love.Group {
	return love.StreamGroup(category, csc, index, stream)
}

func record(t time.Time, g love.Group, format string, args ...any) history.Record {
	return history.Record{Time: t, Group: g, Fields: love.RawValue(fmt.Sprintf(format, args...))}
}
