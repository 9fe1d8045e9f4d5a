package lovetest_test

import (
	"context"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/lovetest"
)

// remind is the code under test: it calls f each period until ctx ends.
func remind(ctx context.Context, clock love.Clock, period time.Duration, f func(time.Time)) {
	ticker := clock.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case at := <-ticker.C():
			f(at)
		case <-ctx.Done():
			return
		}
	}
}

// Code that takes a clock, tested with one that only the test moves.
func ExampleClock() {
	clock := lovetest.NewClock(time.Date(2026, 3, 14, 22, 0, 0, 0, time.UTC))
	ctx, stop := context.WithCancel(context.Background())
	reminders, ended := make(chan time.Time), make(chan struct{})
	go func() {
		remind(ctx, clock, time.Hour, func(at time.Time) { reminders <- at })
		close(ended)
	}()

	clock.WaitForTimers(1) // until remind waits
	for range 3 {
		clock.Advance(time.Hour)
		fmt.Println((<-reminders).Format(time.TimeOnly))
	}
	stop()
	<-ended
	// Output:
	// 23:00:00
	// 00:00:00
	// 01:00:00
}
