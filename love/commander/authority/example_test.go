package authority_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/commander/record"
)

// A user excludes others from the lamp for an hour. Switching it off needs a
// second person.
func ExampleNew() {
	ctx := context.Background()
	lamp := commander.Func(func(_ context.Context, c commander.Call) (love.Ack, error) {
		fmt.Println(c.Identity, "commands", c.CSC, c.Name)
		return love.Ack{Text: love.Done}, nil
	})
	recorder := record.New(lamp, record.NewMemory(0))
	defer recorder.Close(ctx)
	a := authority.New(recorder, authority.WithRecorder(recorder), authority.WithApproval("Lamp:*:off"))
	if _, err := a.Take(ctx, "ana", "Lamp", time.Hour); err != nil {
		log.Fatal(err)
	}
	give := func(user, name string) {
		_, err := a.Execute(ctx, commander.Call{
			Command: love.Command{CSC: "Lamp", Name: name, Identity: user + "@summit"},
			User:    user,
		})
		if err != nil {
			fmt.Println(user, name, commander.ErrorOf(err, "").Kind)
		}
	}
	give("ana", "cmd_on")
	give("ben", "cmd_on")
	give("ana", "cmd_off")
	waiting, _ := a.Waiting()
	ack, err := a.Approve(ctx, waiting[0].ID, "ben")
	fmt.Println(ack.Text, err)
	// Output:
	// ana@summit commands Lamp cmd_on
	// ben cmd_on forbidden
	// ana cmd_off awaiting approval
	// ana@summit commands Lamp cmd_off
	// Done <nil>
}
