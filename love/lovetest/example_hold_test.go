package lovetest_test

import (
	"testing"
	"testing/synctest"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/lovetest"
)

// moveButton is the program under test: a button that moves a dome, and shows how far
// the dome is.
type moveButton struct {
	manager *client.Client
	shown   string
}

func (b *moveButton) press(t *testing.T) {
	ctx := commander.WithProgress(t.Context(), func(p love.Progress) { b.shown = p.Result })
	ack, err := b.manager.Command(ctx, love.Command{CSC: "ATDome", Name: "moveAzimuth", Params: []byte(`{"azimuth": 90}`)})
	if err != nil {
		b.shown = err.Error()
		return
	}
	b.shown = ack.Text
}

func testMoveButton(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manager := lovetest.NewManager(t, lovetest.InProcess())
		manager.Commander.Hold(t) // commands wait for the test
		button := &moveButton{manager: manager.LogIn("cmd_user", "cmd_user")}
		go button.press(t)

		move := manager.Commander.Next()
		move.Report(love.Progress{Code: 301, Name: "CMD_INPROGRESS", Result: "45 deg"})
		synctest.Wait()
		if button.shown != "45 deg" {
			t.Errorf("the button shows %q while the dome moves", button.shown)
		}
		move.Answer(commander.Failed("the drive is off"), nil)
		synctest.Wait()
		if button.shown != "Failed: the drive is off" {
			t.Errorf("the button shows %q at the end", button.shown)
		}
	})
}

// What a program does while a command is under way: the test decides how long that is.
// In a test file of your own, testMoveButton is a function TestMoveButton.
func ExampleCommander_Hold() {
	run("TestMoveButton", testMoveButton)
	// Output: TestMoveButton passed: true
}
