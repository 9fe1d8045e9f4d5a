package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// retry repeats a request to the brokers until it succeeds or fails for good.
func (b *Bus) retry(ctx context.Context, doing string, request func() error) error {
	return retry(ctx, func(err error) bool {
		var refused *kerr.Error
		switch {
		case errors.Is(err, errNotVisible):
		case errors.As(err, &refused) && !refused.Retriable:
			return false
		case b.warnings.allow():
			b.log.Warn("the Kafka brokers do not answer, trying again", "doing", doing, "error", err)
		}
		return true
	}, request)
}

// retry calls request until it succeeds, again returns false for its error, or ctx
// ends. The pauses between calls grow from 50 ms to 5 s.
func retry(ctx context.Context, again func(error) bool, request func() error) error {
	const longest = 5 * time.Second
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, longest) {
		err := request()
		if err == nil || ctx.Err() == nil && !again(err) {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}
