package sallog_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sallog"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// A component whose log records are events on the bus.
func Example() {
	handler := sallog.New(nil)
	logger := slog.New(handler)
	logger.Info("starting") // is kept until the handler is attached

	domain := sal.NewDomain(sim.NewBus(), sim.Definitions())
	defer domain.Close()
	ctx := context.Background()
	dome, err := domain.Controller(ctx, "ATDome", 0, sal.WriteOnly())
	if err != nil {
		log.Fatal(err)
	}
	if err := handler.Attach(ctx, dome); err != nil {
		log.Fatal(err)
	}
	remote, err := domain.Remote(ctx, "ATDome", 0)
	if err != nil {
		log.Fatal(err)
	}
	message, _ := remote.Latest("evt_logMessage")
	fmt.Println(message.Text("name"), message.Int("level"), message.Text("message"))
	// Output: ATDome 20 starting
}
