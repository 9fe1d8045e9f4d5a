package testlog_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/testlog"
)

func TestABufferIsReadWhileItIsWritten(t *testing.T) {
	var log testlog.Buffer
	var writing sync.WaitGroup
	for i := range 10 {
		writing.Go(func() { _, _ = fmt.Fprintln(&log, "line", i) })
		require.LessOrEqual(t, strings.Count(log.String(), "\n"), 10)
	}
	writing.Wait()
	require.Equal(t, 10, strings.Count(log.String(), "\n"))
}
