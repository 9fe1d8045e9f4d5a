package commander_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

var stop = commander.Call{
	Command: love.Command{CSC: "ATDome", Name: "cmd_stop", Params: []byte(`{}`), Identity: "ana@summit"},
	Posted:  []byte(`{"csc":"ATDome","salindex":0,"cmd":"cmd_stop","params":{}}`),
	User:    "ana", Address: "10.0.0.7", ApprovedBy: "ben", ID: "7",
}

func TestFuncIsACommander(t *testing.T) {
	lost := errors.New("lost")
	var given commander.Call
	var c commander.Commander = commander.Func(func(_ context.Context, c commander.Call) (love.Ack, error) {
		given = c
		return love.Ack{Text: "Failed: too late", Code: -302}, lost
	})
	ack, err := c.Execute(t.Context(), stop)
	require.Equal(t, lost, err)
	require.Equal(t, love.Ack{Text: "Failed: too late", Code: -302}, ack)
	require.Equal(t, stop, given)
}

// checker is a commander that can check.
type checker struct{ commander.Func }

func (checker) Check(_ context.Context, c commander.Call) (love.Ack, error) {
	if c.Name != "cmd_stop" {
		return love.Ack{}, commander.Refuse("there is no %s", c.Name)
	}
	return love.Ack{Text: commander.WouldSend}, nil
}

func TestCheckCallsOnlyACommanderThatIsAChecker(t *testing.T) {
	execute := commander.Func(func(context.Context, commander.Call) (love.Ack, error) { panic("it was sent") })

	ack, err := commander.Check(t.Context(), execute, stop)
	require.NoError(t, err)
	require.Equal(t, love.Ack{Text: commander.Unchecked}, ack)

	ack, err = commander.Check(t.Context(), checker{execute}, stop)
	require.NoError(t, err)
	require.Equal(t, love.Ack{Text: commander.WouldSend}, ack)

	_, err = commander.Check(t.Context(), checker{execute}, commander.Call{Command: love.Command{Name: "cmd_jump"}})
	require.Equal(t, commander.Refuse("there is no cmd_jump"), err)
}

func TestCall_DecodeRefusesWrongParameters(t *testing.T) {
	call := commander.Call{Command: love.Command{CSC: "Rack", Name: "cmd_set", Params: []byte(`{"volts": "x"}`)}}
	var to struct{ Volts float64 }
	err := call.Decode(&to)
	var refused *commander.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, commander.Refused, refused.Kind)
	require.Equal(t, `Rack set: volts is "x", not a number`, refused.Text)
	require.False(t, refused.Fault(), "it concerns whoever gave the command")

	call.Params = []byte(`{"volts": 5}`)
	require.NoError(t, call.Decode(&to))
	require.Equal(t, 5.0, to.Volts)
	require.NotErrorAs(t, call.Decode(to), &refused, "a mistake in the program is not the operator's")
}

func TestFailedIsAnAcknowledgementOfFailure(t *testing.T) {
	ack := commander.Failed("the %s is open", "door")
	require.Equal(t, love.Ack{Text: "Failed: the door is open", Code: love.AckFailed}, ack)
	require.False(t, ack.Succeeded())
}
