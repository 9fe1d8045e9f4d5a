package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.NoError(t, run(ctx, "http://127.0.0.1:1", "http://127.0.0.1:1"))
	require.Error(t, run(t.Context(), "ftp://nowhere", ""))
}
