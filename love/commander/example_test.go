package commander_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// lamp is a device that is not on SAL.
func lamp(_ context.Context, c commander.Call) (love.Ack, error) {
	switch c.Name {
	case "cmd_on":
		fmt.Println(c.Identity, "switches on", c.CSC)
		return love.Ack{Text: love.Done}, nil
	case "cmd_off":
		return commander.Failed("the switch is stuck"), nil
	}
	return love.Ack{}, commander.Refuse("%s has no command %q; its commands are cmd_on, cmd_off", c.CSC, c.Name)
}

// A team's own commander. What the device answers is an acknowledgement, even if
// it says that the device failed; what never reached the device is an error.
func ExampleFunc() {
	var c commander.Commander = commander.Func(lamp)
	for _, name := range []string{"cmd_on", "cmd_off", "cmd_dim"} {
		call := commander.Call{Command: love.Command{CSC: "Lamp", Name: name, Identity: "ana@summit"}}
		ack, err := c.Execute(context.Background(), call)
		if refused, ok := errors.AsType[*commander.Error](err); ok {
			fmt.Println(refused.Kind, "-", refused.Text)
			continue
		}
		fmt.Println(ack.Text, ack.Succeeded())
	}
	// Output:
	// ana@summit switches on Lamp
	// Done true
	// Failed: the switch is stuck false
	// refused - Lamp has no command "cmd_dim"; its commands are cmd_on, cmd_off
}

// Whoever accepts a command sets how long it may take. Whatever error the
// commander returns after the timeout, the caller gets a DeadlineExceeded.
func ExampleWithin() {
	var jammed commander.Func = func(ctx context.Context, _ commander.Call) (love.Ack, error) {
		commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: 0.001}) // adds a millisecond
		<-ctx.Done()
		return love.Ack{}, errors.New("the dome is jammed")
	}
	_, err := commander.Within(context.Background(), time.Millisecond, func(ctx context.Context) (love.Ack, error) {
		return jammed(ctx, commander.Call{Command: love.Command{CSC: "ATDome", Name: "cmd_openShutter"}})
	})
	fmt.Println(commander.ErrorOf(err, commander.UnknownOutcome).Text)
	// Output:
	// The commander did not answer in time. Whether the command was executed is unknown: look at the component before you repeat it.
}

// A command with parameters. What is wrong with them is refused, with a text for the
// operator.
func ExampleCall_Decode() {
	dim := func(_ context.Context, c commander.Call) (love.Ack, error) {
		var to struct {
			Percent float64
			Seconds *float64 // nil if it is left out
		}
		if err := c.Decode(&to); err != nil {
			return love.Ack{}, err
		}
		if to.Percent > 100 {
			return commander.Failed("the lamp cannot be brighter than 100 %%"), nil
		}
		return love.Ack{Text: love.Done}, nil
	}
	for _, params := range []string{`{"percent": 50}`, `{"percent": 200}`, `{"percent": "dark"}`, `{"precent": 50}`} {
		ack, err := dim(context.Background(), commander.Call{Command: love.Command{CSC: "Lamp", Name: "cmd_dim", Params: []byte(params)}})
		fmt.Println(ack.Text, err)
	}
	// Output:
	// Done <nil>
	// Failed: the lamp cannot be brighter than 100 % <nil>
	//  Lamp dim: percent is "dark", not a number
	//  Lamp dim: precent does not exist; the parameters are percent, seconds
}
