package hub

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// In the middle of a frame a peer cannot answer a ping.
func TestAPeerThatIsSendingALargeFrameIsNotSilent(t *testing.T) {
	ours, theirs := net.Pipe()
	s := new(session)
	r := &reader{session: s, readBuffer: &readBuffer{conn: ours}}
	done := make(chan error)
	go func() { done <- r.readPayload(200 << 10) }()
	for range 3 {
		s.silent.Store(true) // it has been pinged
		_, err := theirs.Write(make([]byte, 64<<10))
		require.NoError(t, err)
		require.Eventually(t, func() bool { return !s.silent.Load() }, 10*time.Second, time.Millisecond)
	}
	require.NoError(t, theirs.Close())
	require.Error(t, <-done, "the rest never arrived")
	require.Len(t, r.message, 200<<10)
}
