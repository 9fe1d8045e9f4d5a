package record_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/record"
)

// The record shows who commanded what, and the outcome.
func ExampleNew() {
	ctx := context.Background()
	lamp := commander.Func(func(context.Context, commander.Call) (love.Ack, error) { return love.Ack{Text: love.Done}, nil })
	recorder := record.New(lamp, record.NewMemory(0))
	defer recorder.Close(ctx)
	_, err := recorder.Execute(ctx, commander.Call{
		Command: love.Command{CSC: "Lamp", Name: "cmd_on", Identity: "ana@summit"},
		User:    "ana",
	})
	if err != nil {
		log.Fatal(err)
	}
	entries, err := recorder.List(ctx, love.CommandFilter{CSC: "Lamp"})
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range entries {
		fmt.Println(e.User, e.Command, e.State)
	}
	// Output:
	// ana cmd_on done
}

// The answer to a command is recorded even if its caller no longer waits.
func ExampleRecorder_Execute_late() {
	ctx := context.Background()
	answer := make(chan struct{})
	recorder := record.New(commander.Func(func(ctx context.Context, _ commander.Call) (love.Ack, error) {
		commander.Sent(ctx)
		<-answer
		return love.Ack{Text: love.Done}, nil
	}), record.NewMemory(0))
	state := func() love.CommandState {
		entries, err := recorder.List(ctx, love.CommandFilter{})
		if err != nil {
			log.Fatal(err)
		}
		return entries[0].State
	}

	_, err := commander.Within(ctx, time.Millisecond, func(ctx context.Context) (love.Ack, error) {
		return recorder.Execute(ctx, commander.Call{Command: love.Command{CSC: "Dome", Name: "cmd_open"}})
	})
	fmt.Println(commander.ErrorOf(err, "").Kind, state())
	close(answer)
	recorder.Close(ctx) // waits for the answer
	fmt.Println(state())
	// Output:
	// timed out timed_out
	// late
}
