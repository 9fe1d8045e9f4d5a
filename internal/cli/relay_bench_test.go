package cli

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkRelay sends 500 commands per second for some seconds, in turn to a
// commander that answers at once, and through a manager with that commander and
// a record in SQLite, and in PostgreSQL if LOVE_TEST_POSTGRES names one. It
// reports the percentiles of both in milliseconds. Run it with -benchtime 1x.
func BenchmarkRelay(b *testing.B) {
	stub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ack":"Done"}`)
	}))
	defer stub.Close()
	databases := map[string]string{"SQLite": "sqlite:" + b.TempDir() + "/love.db"}
	if address := os.Getenv("LOVE_TEST_POSTGRES"); address != "" {
		databases["PostgreSQL"] = address
	}
	for name, database := range databases {
		b.Run(name, func(b *testing.B) {
			url, token := benchManager(b, stub.URL, database)
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
			defer client.CloseIdleConnections()
			for b.Loop() {
				var direct, relayed []time.Duration
				for range 4 { // interleaved, so that changes in the machine's load meet both
					direct = append(direct, latencies(b, client, stub.URL+"/cmd/", "")...)
					relayed = append(relayed, latencies(b, client, url+"/manager/api/cmd/", token)...)
				}
				for prefix, l := range map[string][]time.Duration{"direct": direct, "relayed": relayed} {
					slices.Sort(l)
					b.ReportMetric(l[len(l)/2].Seconds()*1e3, prefix+"-p50-ms")
					b.ReportMetric(l[len(l)*99/100].Seconds()*1e3, prefix+"-p99-ms")
				}
			}
		})
	}
}

// benchManager starts a manager and logs in.
func benchManager(b *testing.B, commander, database string) (url, token string) {
	env := environment{
		"HOME": b.TempDir(), "PROCESS_CONNECTION_PASS": "a good long one",
		"CMD_USER_PASS": "cmd_user's", "LOVED_PASSWORD": "cmd_user's",
	}
	out := newOutput()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		Run(ctx, []string{"loved", "manager", "--listen", "127.0.0.1:0", "--commander", commander, "--database", database, "--log-level", "error"},
			env.list(), strings.NewReader(""), out, io.Discard)
	}()
	b.Cleanup(func() { stop(); <-ended })
	for deadline := time.Now().Add(testTimeout); ; {
		text, more, _ := out.snapshot()
		if _, after, ok := strings.Cut(text, "LOVE manager at "); ok {
			url, _, _ = strings.Cut(after, "\n")
			break
		}
		select {
		case <-more:
		case <-time.After(time.Until(deadline)):
			b.Fatal("the manager did not start")
		}
	}
	var printed strings.Builder
	require.Zero(b, Run(b.Context(), []string{"loved", "token", "--manager", url, "cmd_user"}, env.list(), strings.NewReader(""), &printed, io.Discard))
	return url, strings.TrimSpace(printed.String())
}

// latencies sends commands at a rate of 500 per second, whether the earlier ones are
// answered or not.
func latencies(b *testing.B, client *http.Client, url, token string) []time.Duration {
	const rate, n = 500, 750
	took := make([]time.Duration, n)
	var sending sync.WaitGroup
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		sending.Go(func() {
			began := time.Now()
			req, err := http.NewRequest("POST", url, strings.NewReader(`{"csc":"ATDome","salindex":0,"cmd":"cmd_moveAzimuth","params":{"azimuth":90}}`))
			if err != nil {
				b.Error(err)
				return
			}
			req.Header.Set("Content-Type", "application/json")
			if token != "" {
				req.Header.Set("Authorization", "Token "+token)
			}
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != 200 {
				b.Errorf("status %d", resp.StatusCode)
			}
			took[i] = time.Since(began)
		})
	}
	sending.Wait()
	return took
}
