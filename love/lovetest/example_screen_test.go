package lovetest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/lovetest"
)

// watchDome is the program under test, a screen: it shows each summary state of the
// dome, until ctx ends.
func watchDome(ctx context.Context, c *client.Client, show func(state int)) error {
	for d, err := range c.Subscribe(ctx, love.StreamGroup(love.CategoryEvent, "ATDome", 0, "summaryState")) {
		if err != nil {
			return err
		}
		var dome struct{ SummaryState int }
		if err := d.Decode("summaryState", &dome); err != nil {
			return err
		}
		show(dome.SummaryState)
	}
	return nil
}

func testWatchDome(t *testing.T) {
	m := lovetest.NewManager(t)
	m.AddUser("ada", "correct horse")
	login, err := client.Login(t.Context(), m.URL, "ada", "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(m.URL, client.WithToken(login.Token))
	if err != nil {
		t.Fatal(err)
	}
	subscribed := make(chan string, 1)
	c.OnSubscribed(func(group string) { subscribed <- group })
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- c.Run(ctx) }()
	shown := make(chan int)
	go func() { ended <- watchDome(ctx, c, func(state int) { shown <- state }) }()

	<-subscribed
	for state := range 3 {
		value := fmt.Sprintf(`[{"summaryState":{"value":%d}}]`, state)
		m.Publish(love.Message{Category: love.CategoryEvent, Data: []love.Item{{
			CSC: "ATDome", Streams: []love.Stream{{Name: "summaryState", Value: love.RawValue(value)}},
		}}})
		if got := <-shown; got != state {
			t.Errorf("the screen shows %d, want %d", got, state)
		}
	}
	stop()
	for range 2 {
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// A screen, which logs in and subscribes, tested against a manager on this machine.
// In a test file of your own, testWatchDome is a function TestWatchDome.
func Example_screen() {
	run("TestWatchDome", testWatchDome)
	// Output: TestWatchDome passed: true
}
