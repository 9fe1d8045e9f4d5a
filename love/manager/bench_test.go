package manager_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/manager"
)

// validates sends validate-token requests over open connections for as long as
// the benchmark runs.
func (h *house) validates(b *testing.B, token string) {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequest("GET", h.url+validateToken+"no_config/", nil)
			if err != nil {
				b.Error(err)
				return
			}
			req.Header.Set("Authorization", "Token "+token)
			resp, err := transport.RoundTrip(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				b.Error(resp.Status)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// What a log-in's check costs over HTTP, with users and tokens in SQLite. The
// client runs on the same cores.
func BenchmarkValidateToken(b *testing.B) {
	h := newHouse(b)
	h.level.Set(slog.LevelInfo)
	h.validates(b, h.logIn(b, "user"))
}

// The same while 32 clients log in as fast as they can, at full cost.
func BenchmarkValidateTokenDuringALogInStorm(b *testing.B) {
	h := newHouse(b, auth.WithPasswordQueue(200))
	h.level.Set(slog.LevelInfo)
	token := h.logIn(b, "user")
	ctx, stop := context.WithCancel(b.Context())
	var storm sync.WaitGroup
	for range 32 {
		storm.Go(func() {
			for ctx.Err() == nil {
				req, err := http.NewRequestWithContext(ctx, "POST", h.url+getToken, strings.NewReader(credentials("user")))
				if err != nil {
					b.Error(err)
					return
				}
				req.Header.Set("Content-Type", "application/json")
				if resp, err := http.DefaultClient.Do(req); err == nil {
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			}
		})
	}
	h.validates(b, token)
	b.StopTimer()
	stop()
	storm.Wait()
}

// What a log-in costs over HTTP, with its token and its audit record in SQLite.
func BenchmarkGetToken(b *testing.B) {
	h := newHouse(b, auth.WithPasswordQueue(200))
	h.level.Set(slog.LevelInfo)
	for b.Loop() {
		h.logIn(b, "user")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// validate-token without the network: what the manager itself costs.
func BenchmarkValidateTokenHandler(b *testing.B) {
	users := auth.NewMemoryUsers(auth.WithPasswords(auth.NewPasswords(auth.WithPasswordCost(8, 1))))
	require.NoError(b, users.Add(b.Context(), auth.User{Username: "user"}, "x"))
	tokens := auth.NewJWT(nil, users)
	m, err := manager.New(manager.Config{Hub: &hubDouble{}, Authenticator: users, Users: users, Tokens: tokens})
	require.NoError(b, err)
	defer m.Close()
	token, err := tokens.Issue(b.Context(), auth.User{Username: "user"})
	require.NoError(b, err)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := httptest.NewRequest("GET", validateToken+"no_config/", nil)
			r.Header.Set("Authorization", "Token "+token)
			w := httptest.NewRecorder()
			m.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Error(w.Code)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
