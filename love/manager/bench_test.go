package manager_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/manager"
)

// validateTokens sends validate-token requests over open connections for as long
// as the benchmark runs.
func (sys *system) validateTokens(b *testing.B, token string) {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequest("GET", sys.url+validateToken+"no_config/", nil)
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

// BenchmarkValidateToken measures the check of a token over HTTP, with users and
// tokens in SQLite. The client runs on the same cores.
func BenchmarkValidateToken(b *testing.B) {
	sys := newSystem(b)
	sys.level.Set(slog.LevelInfo)
	sys.validateTokens(b, sys.logIn(b, "user"))
}

// BenchmarkValidateTokenDuringALogInStorm does the same while 32 clients log in as
// fast as they can, with passwords hashed at full cost.
func BenchmarkValidateTokenDuringALogInStorm(b *testing.B) {
	sys := newSystem(b, password.WithQueue(200))
	sys.level.Set(slog.LevelInfo)
	token := sys.logIn(b, "user")
	ctx, stop := context.WithCancel(b.Context())
	var storm sync.WaitGroup
	for range 32 {
		storm.Go(func() {
			for ctx.Err() == nil {
				req, err := http.NewRequestWithContext(ctx, "POST", sys.url+getToken, strings.NewReader(credentials("user")))
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
	sys.validateTokens(b, token)
	b.StopTimer()
	stop()
	storm.Wait()
}

// BenchmarkGetToken measures a log-in over HTTP, with its token and its audit
// record in SQLite.
func BenchmarkGetToken(b *testing.B) {
	sys := newSystem(b, password.WithQueue(200))
	sys.level.Set(slog.LevelInfo)
	for b.Loop() {
		sys.logIn(b, "user")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// BenchmarkValidateTokenHandler measures the manager alone, without the network.
func BenchmarkValidateTokenHandler(b *testing.B) {
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New(password.WithCost(8, 1)))
	require.NoError(b, users.Add(b.Context(), auth.User{Username: "user"}, "x"))
	tokens := jwt.New(nil, users)
	m, err := manager.New(manager.Config{Hub: &fakeHub{}, Authenticator: users, Users: users, Tokens: tokens})
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

// discardWriter is an http.ResponseWriter that accepts deadlines and discards
// the answer.
type discardWriter struct{ header http.Header }

func (s *discardWriter) Header() http.Header             { return s.header }
func (s *discardWriter) Write(p []byte) (int, error)     { return len(p), nil }
func (s *discardWriter) WriteHeader(int)                 {}
func (s *discardWriter) SetReadDeadline(time.Time) error { return nil }

// done is a commander that executes every command at once.
type done struct{}

func (done) Execute(context.Context, commander.Call) (love.Ack, error) {
	return love.Ack{Text: love.Done}, nil
}

// newCommandManager returns a manager in memory, and the token of a user who
// may command.
func newCommandManager(b *testing.B) (m *manager.Manager, token string) {
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New(password.WithCost(8, 1)))
	require.NoError(b, users.Add(b.Context(), auth.User{Username: "user", Superuser: true}, "x"))
	tokens := jwt.New(nil, users)
	m, err := manager.New(manager.Config{Hub: &fakeHub{}, Authenticator: users, Users: users, Tokens: tokens, Commander: done{}})
	require.NoError(b, err)
	b.Cleanup(m.Close)
	token, err = tokens.Issue(b.Context(), auth.User{Username: "user"})
	require.NoError(b, err)
	return m, token
}

// BenchmarkCommandHandler measures the manager alone: a command without the network
// and without the work of a commander.
func BenchmarkCommandHandler(b *testing.B) {
	m, token := newCommandManager(b)
	body := strings.NewReader(someCommand)
	r := httptest.NewRequest("POST", cmd, body)
	r.Header.Set("Authorization", "Token "+token)
	r.Header.Set("Content-Type", "application/json")
	w := &discardWriter{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(someCommand)
		clear(w.header)
		m.ServeHTTP(w, r)
	}
}

// BenchmarkCommand measures a command over HTTP on an open connection, with a
// commander that executes at once. The client runs on the same cores.
func BenchmarkCommand(b *testing.B) {
	m, token := newCommandManager(b)
	srv := httptest.NewServer(m)
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	require.NoError(b, err)
	defer conn.Close()
	request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Token %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		cmd, token, len(someCommand), someCommand)
	answer := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write([]byte(request)); err != nil {
			b.Fatal(err)
		}
		n, err := conn.Read(answer)
		if err != nil || !strings.HasSuffix(string(answer[:n]), `{"ack":"Done"}`) {
			b.Fatalf("%q: %v", answer[:n], err)
		}
	}
}
