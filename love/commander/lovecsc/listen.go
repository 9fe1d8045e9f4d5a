package lovecsc

import (
	"context"

	"github.com/rubin-love/love-go/love/client"
)

// Listen writes the observing logs that arrive in [Group] over a manager's
// websocket, until ctx or the client's Run ends; the error is the client's.
// Messages that are not observing logs are logged and dropped.
func (c *CSC) Listen(ctx context.Context, manager *client.Client) error {
	for d, err := range manager.Subscribe(ctx, Group()) {
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if err := c.Receive(ctx, d.Raw); err != nil && ctx.Err() == nil {
			c.log.Warn("ignored a message to the LOVE CSC", "error", err)
		}
	}
	return nil
}
