package hub_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestSubscribingAgainMissesNothing(t *testing.T) {
	h, url := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	published := make(chan struct{})
	go func() {
		defer close(published)
		for i := 0; ctx.Err() == nil; i++ {
			_ = h.Publish(context.Background(), love.Message{Category: "event", Data: []love.Item{{
				CSC: "A", Streams: []love.Stream{{Name: "s", Value: fmt.Appendf(nil, "%d", i)}},
			}}})
		}
	}()
	c := dialProcess(t, url).subscribe("event-A-0-s")
	next := -1
	for i := range 2000 {
		switch i % 100 {
		case 0:
			c.send(request("subscribe", "event-A-0-s"))
		case 50:
			c.send(withOptions("event-A-0-s", `"seq":true`))
		}
		m := c.next()
		if _, rest, ok := strings.Cut(m, `{"s":`); ok {
			var got int
			_, err := fmt.Sscan(rest[:strings.IndexByte(rest, '}')], &got)
			require.NoError(t, err)
			if next >= 0 {
				require.Equal(t, next, got)
			}
			next = got + 1
		}
	}
	cancel()
	<-published
}
