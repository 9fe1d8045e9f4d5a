package server_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/server"
)

// telling is a storage that tells other ones in the process.
type telling struct {
	server.Storage
	all *tellings
	me  int
}

type tellings struct {
	mu   sync.Mutex
	told []func(string)
	down error
}

func (s telling) Tell(_ context.Context, text string) error {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	for n, f := range s.all.told {
		if n != s.me && s.all.down == nil {
			f(text)
		}
	}
	return s.all.down
}

func (s telling) Told(f func(string)) (cancel func()) {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	s.all.told[s.me] = f
	return func() {}
}

func TestServersThatShareAStorageCountWrongLogInsAsOne(t *testing.T) {
	all := &tellings{told: make([]func(string), 2)}
	of := func(n int) string {
		_, url := serve(t, server.Config{
			Authenticator: badges{"ada": "1815"}, Storage: telling{server.NewMemory(love.SystemClock{}), all, n}, LogInLimits: auth.LogInLimits{UserTries: 4},
		})
		return url
	}
	one, two := of(0), of(1)
	wrong := func(url string) error {
		_, err := client.Login(t.Context(), url, "ada", "1816")
		return err
	}
	all.down = errors.New("away")
	require.Error(t, wrong(two)) // nobody else learns of it
	all.down = nil
	for _, url := range []string{one, two, one} {
		require.NotContains(t, wrong(url).Error(), "429", "three here, four there")
	}
	require.ErrorContains(t, wrong(two), "429")
	require.NotContains(t, wrong(one).Error(), "429")
	require.ErrorContains(t, wrong(one), "429")
}
