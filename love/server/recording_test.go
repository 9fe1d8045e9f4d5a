package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/server"
)

var position = love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")

func publishPosition(t *testing.T, s *server.Server, n int) {
	t.Helper()
	require.NoError(t, s.Hub().Publish(t.Context(), love.Message{Category: position.Category, Data: []love.Item{
		{CSC: position.CSC, Streams: []love.Stream{{Name: position.Stream, Value: love.RawValue(fmt.Sprintf(`{"n":{"value":%d}}`, n))}}},
	}}))
}

// recorded returns the values in the files of a folder.
func recorded(t *testing.T, dir string) (values []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.mcap"))
	require.NoError(t, err)
	for _, path := range files {
		f, err := archive.OpenFile(path)
		require.NoError(t, err)
		require.True(t, f.Closed(), path)
		for m, err := range f.Messages(t.Context(), history.Span{}) {
			require.NoError(t, err)
			values = append(values, string(m.Value))
		}
	}
	return values
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

func TestAServerRecordsWhatItsHubCarries(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	t.Run("serving", func(t *testing.T) {
		s, url := serve(t, server.Config{Archive: archive.Config{Dir: dir, MaxAge: time.Hour}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		for n := range 3 {
			publishPosition(t, s, n)
		}
		require.Equal(t, "ready\ndatabase: ok\narchive: ok\n", get(t, url+"/readyz"))
		require.Contains(t, get(t, url+"/metrics"), "love_archive_writable 1\n")
	})
	require.Equal(t, []string{`{"n":{"value":0}}`, `{"n":{"value":1}}`, `{"n":{"value":2}}`}, recorded(t, dir), "all that came before the end")
	require.Contains(t, log.String(), `msg="archive: recording"`)
	require.Contains(t, log.String(), `msg="archive: closed" recorded=3 dropped_telemetry=0 dropped_events=0 files=1`)
}

func TestTheArchiveIsAskedOverHTTP(t *testing.T) {
	config := server.Config{Archive: archive.Config{Dir: t.TempDir()}, Passwords: map[string]string{"user": "correct horse"}}
	t.Run("recorded", func(t *testing.T) {
		s, _ := serve(t, config)
		publishPosition(t, s, 7)
	})
	_, url := serve(t, config)
	login, err := client.Login(t.Context(), url, "user", "correct horse")
	require.NoError(t, err)
	require.Equal(t, 200, status(t, "GET", url+"/manager/api/history/series/?csc=ATDome&topic=position&field=n", login.Token, ""))
	require.Equal(t, 200, status(t, "GET", url+"/manager/api/history/download/", login.Token, ""))
	require.Equal(t, 404, status(t, "GET", url+"/manager/api/history/series/?csc=ATDome&topic=position&field=m", login.Token, ""))
	require.Equal(t, 400, status(t, "GET", url+"/manager/api/history/streams/?source=x", login.Token, ""))
}

func TestASubscriptionBeginsWithWhatTheArchiveHas(t *testing.T) {
	config := server.Config{Archive: archive.Config{Dir: t.TempDir()}, ProcessPassword: "long and random"}
	t.Run("yesterday", func(t *testing.T) {
		s, _ := serve(t, config)
		publishPosition(t, s, 0)
	})
	s, url := serve(t, config)
	publishPosition(t, s, 1)
	c, err := client.New(url, client.WithProcessPassword("long and random"))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- c.Run(ctx) }()
	n := 0
	for d, err := range c.SubscribeWith(ctx, love.SubscribeOptions{History: time.Hour, Seq: true}, position) {
		require.NoError(t, err)
		require.Contains(t, string(d.Raw), fmt.Sprintf(`{"n":{"value":%d}}`, n))
		_, past := d.Recorded()
		require.Equal(t, n < 2, past, string(d.Raw))
		require.Equal(t, n > 0, strings.Contains(string(d.Raw), fmt.Sprintf(`"seq":%d}`, n)), string(d.Raw))
		if n == 1 {
			publishPosition(t, s, 2)
		}
		if n++; n == 3 {
			break
		}
	}
	stop()
	require.NoError(t, <-ended)
}

func TestAnEFDCannotHaveTheNameOfTheArchive(t *testing.T) {
	_, err := server.New(t.Context(), server.Config{History: map[string]history.Source{"archive": &history.Memory{}}})
	require.ErrorContains(t, err, "choose another")
}

func TestAServerWhoseArchiveCannotBeOpenedServesAndTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		other, err := archive.Open(archive.Config{Dir: dir})
		require.NoError(t, err)
		var log testlog.Buffer
		s, err := server.New(t.Context(), server.Config{Archive: archive.Config{Dir: dir}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		ask := func(path string) string {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			return w.Body.String()
		}
		publishPosition(t, s, 1)
		require.Equal(t, "ready, degraded\ndatabase: ok\narchive: the history is not available: archive "+dir+": another archive records into the folder: give each manager a folder of its own\n", ask("/readyz"))
		require.Contains(t, ask("/metrics"), "love_archive_writable 0\n")
		require.Equal(t, 1, strings.Count(log.String(), "nothing is recorded"))
		require.NoError(t, other.Close())
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, "ready\ndatabase: ok\narchive: ok\n", ask("/readyz"))
		publishPosition(t, s, 2)
		stop()
		require.NoError(t, <-ended)
		require.NoError(t, s.Close(context.Background()))
		require.Equal(t, []string{`{"n":{"value":2}}`}, recorded(t, dir))
		require.Contains(t, ask("/metrics"), `love_archive_recorded_total 1`)
	})
}

func TestAnArchiveWithANegativeBoundIsRefused(t *testing.T) {
	for _, c := range []archive.Config{{Dir: "x", MaxAge: -1}, {Dir: "x", MaxBytes: -1}} {
		_, err := server.New(t.Context(), server.Config{Archive: c})
		require.ErrorContains(t, err, "server.Config.Archive.Max")
	}
	_, err := os.Stat("x")
	require.ErrorIs(t, err, os.ErrNotExist)
}
