package client_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
)

// syncBuffer is a buffer that several goroutines use.
type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
	written chan struct{}
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.written <- struct{}{}:
	default:
	}
	return b.Buffer.Write(p)
}

func TestARefusedPasswordIsLoggedWithoutALogger(t *testing.T) {
	manager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the process password is wrong", http.StatusForbidden)
	}))
	defer manager.Close()
	before := slog.Default()
	defer slog.SetDefault(before)
	log := &syncBuffer{written: make(chan struct{}, 1)}
	slog.SetDefault(slog.New(slog.NewTextHandler(log, nil)))
	c, err := client.New(manager.URL, client.WithProcessPassword("wrong"))
	require.NoError(t, err)
	ended := make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- c.Run(ctx) }()
	<-log.written
	cancel()
	<-ended
	require.Contains(t, log.String(), `level=WARN msg="no connection to the manager, trying again"`)
	require.Contains(t, log.String(), "403")
	require.NotContains(t, log.String(), "password=wrong")
}
