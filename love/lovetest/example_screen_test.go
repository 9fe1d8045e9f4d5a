package lovetest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
)

// doorScreen is the program under test, a screen: it shows whether the door of a rack is
// open, and closes it.
type doorScreen struct {
	manager *client.Client
	open    bool   // as shown
	message string // to the operator
}

type door struct {
	Open bool `love:"open"`
}

// watch shows the door until ctx ends.
func (s *doorScreen) watch(ctx context.Context) error {
	for d, err := range s.manager.Subscribe(ctx, love.StreamGroup(love.CategoryEvent, "Rack", 1, "door")) {
		if err != nil {
			return err
		}
		var now door
		if err := d.Decode("door", &now); err != nil {
			return err
		}
		s.open = now.Open
	}
	return nil
}

// closeDoor has the door closed within some seconds.
func (s *doorScreen) closeDoor(ctx context.Context) {
	ack, err := s.manager.Command(ctx, love.Command{CSC: "Rack", SalIndex: 1, Name: "closeDoor", Params: []byte(`{"seconds": 5}`)})
	s.message = ack.Text
	if err != nil {
		s.message = err.Error()
	}
}

func testDoorScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // synctest.Wait waits until everybody waits
		manager := lovetest.NewManager(t, lovetest.InProcess())
		rack := producer.NewInstance("Rack", 1)
		manager.Run(rack)
		screen := &doorScreen{manager: manager.LogIn("cmd_user", "cmd_user")}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- screen.watch(ctx) }()
		synctest.Wait()

		if err := rack.Event(t.Context(), "door", door{Open: true}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if !screen.open {
			t.Error("the screen shows a closed door")
		}

		screen.closeDoor(t.Context())
		var params struct{ Seconds float64 }
		if err := manager.Commander.Calls()[0].Decode(&params); err != nil || params.Seconds != 5 {
			t.Errorf("the screen has sent %+v, %v", params, err)
		}
		manager.Commander.AnswerWith(commander.Failed("something is in the way"), nil)
		if screen.closeDoor(t.Context()); screen.message != "Failed: something is in the way" {
			t.Errorf("the screen shows %q", screen.message)
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// A screen that watches and commands, tested against a whole manager, in a bubble. In a
// test file of your own, testDoorScreen is a function TestDoorScreen.
func Example_screen() {
	run("TestDoorScreen", testDoorScreen)
	// Output: TestDoorScreen passed: true
}
