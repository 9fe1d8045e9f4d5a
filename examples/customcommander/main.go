// Command customcommander is a team's own commander behind LOVE: a dew heater
// that is not on SAL. Any LOVE-manager can command it, given its address:
//
//	customcommander --listen 127.0.0.1:5000
//	export PROCESS_CONNECTION_PASS=for-producers CMD_USER_PASS=for-commands
//	loved manager --commander http://127.0.0.1:5000
//	LOVED_PASSWORD=for-commands loved cmd --user cmd_user DewHeater setPower percent=40
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

func main() {
	address := flag.String("listen", "127.0.0.1:5000", "address of the HTTP API")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", *address)
	if err == nil {
		fmt.Println("dew heater at http://" + listener.Addr().String())
		err = serve(ctx, listener)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "customcommander:", err)
		os.Exit(1)
	}
}

// serve serves the HTTP API until ctx ends.
func serve(ctx context.Context, listener net.Listener) error {
	heater := &dewHeater{}
	server := &http.Server{
		Handler:           commanderhttp.NewHandler(commanderhttp.Backend{Commander: heater}),
		ReadHeaderTimeout: 10 * time.Second,
	}
	defer context.AfterFunc(ctx, func() { _ = server.Shutdown(context.Background()) })()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// dewHeater is the device. Its method Execute makes it a commander.Commander.
type dewHeater struct {
	mu      sync.Mutex
	percent int
}

// Execute implements commander.Commander. The answer of the device is an Ack,
// in which only the text "Done" means success; a command that never reaches it
// is an error.
func (h *dewHeater) Execute(ctx context.Context, c commander.Call) (love.Ack, error) {
	if c.CSC != "DewHeater" || c.Name != "cmd_setPower" {
		return love.Ack{}, commander.Refuse("the only command is DewHeater cmd_setPower, not %s %s", c.CSC, c.Name)
	}
	var power struct{ Percent *int } // nil if it is left out
	if err := json.Unmarshal(c.Params, &power); err != nil || power.Percent == nil || *power.Percent < 0 || *power.Percent > 100 {
		return love.Ack{}, commander.Refuse("percent must be a whole number from 0 to 100")
	}
	commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: 0.01})
	h.mu.Lock()
	defer h.mu.Unlock()
	fmt.Printf("%s sets %d %% (was %d %%)\n", c.Identity, *power.Percent, h.percent)
	h.percent = *power.Percent
	return love.Ack{Text: love.Done}, nil
}
