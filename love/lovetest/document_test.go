package lovetest_test

import (
	"context"
	"os"
	"regexp"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/server"
)

// The code of docs/testing.md, word for word.

type Power struct {
	Volts float64 `love:"volts,V"`
}

type Door struct {
	Open bool `love:"open"`
}

func TestRack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rack := newRack(1, func() (volts float64, open bool) { return 12.1, true })
		manager := lovetest.NewSender(t, rack) // runs it

		power := manager.Next("telemetry-Rack-1-power")
		if want := `{"volts":{"value":12.1,"dataType":"Float","units":"V"}}`; string(power.Value) != want {
			t.Errorf("published %s, want %s", power.Value, want)
		}
		lovetest.Wait(manager, "event-Rack-1-door", func(d Door) bool { return d.Open })

		manager.Request("event-Rack-1-door") // somebody opens a page
		manager.Next("event-Rack-1-door")
	})
}

func TestScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manager := lovetest.NewManager(t, lovetest.InProcess())
		rack := producer.NewInstance("Rack", 1)
		manager.Run(rack)
		screen := newScreen(manager.LogIn("cmd_user", "cmd_user"))
		go screen.run(t.Context())
		synctest.Wait()

		if err := rack.Event(t.Context(), "door", Door{Open: true}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // until everybody waits again
		if screen.door != "open" {
			t.Errorf("the screen shows %q", screen.door)
		}

		manager.Commander.AnswerWith(commander.Failed("somebody is inside"), nil)
		screen.pressOff()
		if screen.message != "Failed: somebody is inside" {
			t.Errorf("the screen shows %q", screen.message)
		}
		if calls := manager.Commander.Calls(); len(calls) != 1 || calls[0].Name != "cmd_off" {
			t.Errorf("the screen has sent %v", calls)
		}
	})
}

func TestDoorConforms(t *testing.T) {
	lovetest.RunCommander(t, func(t *testing.T) lovetest.CommanderSetup {
		return lovetest.CommanderSetup{
			Commander: newDoor(time.Millisecond),
			Succeeds:  lovetest.Call("Rack:1", "open", `{"percent": 50}`),
			Fails:     lovetest.Call("Rack:1", "open", `{"percent": 200}`),
			Refused:   lovetest.Call("Rack:1", "open", `{"angle": 50}`),
			Exclusive: true, // a second command fails while one is under way
		}
	})
}

func TestUsersOpenTheDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manager := lovetest.NewManager(t, lovetest.InProcess(), lovetest.WithConfig(func(c *server.Config) {
			c.Commander = newDoor(10 * time.Second)
		}))
		ana := manager.LogIn("cmd_user", "cmd_user")
		began := time.Now()
		ack, err := ana.Command(t.Context(), lovetest.Call("Rack:1", "open", `{"percent": 50}`).Command)
		if err != nil || !ack.Succeeded() || time.Since(began) != 10*time.Second {
			t.Errorf("%v, %v after %v", ack, err, time.Since(began))
		}
		_, err = ana.Command(t.Context(), lovetest.Call("Rack:1", "open", `{"angle": 50}`).Command)
		if e := commander.ErrorOf(err, ""); e.Kind != commander.Refused {
			t.Errorf("%v: %s", e.Kind, e.Text)
		}
	})
}

func TestTheCodeOfTheDocumentIsThatOfThisFile(t *testing.T) {
	document, err := os.ReadFile("../../docs/testing.md")
	require.NoError(t, err)
	file, err := os.ReadFile("document_test.go")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(document, -1)
	require.Len(t, blocks, 4)
	for _, b := range blocks {
		require.Contains(t, string(file), string(b[1]))
	}
}

// What the tests of the document test.

// newRack returns a producer that polls a rack.
func newRack(index int, read func() (volts float64, open bool)) *producer.Base {
	rack := producer.NewInstance("Rack", index)
	var last *Door
	rack.RegisterTelemetry("power", func(ctx context.Context) (any, error) {
		volts, open := read()
		if last == nil || last.Open != open {
			last = &Door{open}
			if err := rack.Event(ctx, "door", last); err != nil {
				return nil, err
			}
		}
		return Power{volts}, nil
	})
	return rack
}

// rackScreen shows the door of a rack and switches the rack off.
type rackScreen struct {
	manager       *client.Client
	door, message string
}

func newScreen(c *client.Client) *rackScreen { return &rackScreen{manager: c} }

func (s *rackScreen) run(ctx context.Context) {
	for d, err := range s.manager.Subscribe(ctx, love.StreamGroup(love.CategoryEvent, "Rack", 1, "door")) {
		var now Door
		if err != nil || d.Decode("door", &now) != nil {
			return
		}
		if s.door = "shut"; now.Open {
			s.door = "open"
		}
	}
}

func (s *rackScreen) pressOff() {
	ack, err := s.manager.Command(context.Background(), love.Command{CSC: "Rack", SalIndex: 1, Name: "off"})
	if s.message = ack.Text; err != nil {
		s.message = err.Error()
	}
}

// doorCommander opens a door, and does one thing at a time.
type doorCommander struct {
	takes time.Duration
	busy  sync.Mutex
}

func newDoor(takes time.Duration) *doorCommander { return &doorCommander{takes: takes} }

func (d *doorCommander) Execute(ctx context.Context, c commander.Call) (love.Ack, error) {
	var to struct{ Percent float64 }
	if err := c.Decode(&to); err != nil {
		return love.Ack{}, err
	}
	if to.Percent > 100 {
		return commander.Failed("the door opens by 100 %%"), nil
	}
	if !d.busy.TryLock() {
		return commander.Failed("the door is moving"), nil
	}
	defer d.busy.Unlock()
	select {
	case <-time.After(d.takes):
		return love.Ack{Text: love.Done}, nil
	case <-ctx.Done():
		return love.Ack{}, context.Cause(ctx)
	}
}
