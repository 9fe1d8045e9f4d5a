// Command customcommander is a team's own commander behind LOVE: a heated cabinet that is
// not on SAL. Any LOVE-manager commands it when told its address:
//
//	go run ./examples/customcommander -listen 127.0.0.1:5000
//	export PROCESS_CONNECTION_PASS=for-producers CMD_USER_PASS=for-commands
//	loved manager --commander http://127.0.0.1:5000
//	LOVED_PASSWORD=for-commands loved cmd --user cmd_user Cabinet set celsius=30
//
// What such a program consists of, one method, is in cabinet.go.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"time"

	"github.com/rubin-love/love-go/love/commander/commanderhttp"
)

func main() {
	address := flag.String("listen", "127.0.0.1:5000", "address of the HTTP API; only managers should reach it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", *address)
	if err == nil {
		fmt.Println("cabinet at http://" + listener.Addr().String())
		err = run(ctx, listener, newCabinet(time.Second))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "customcommander:", err)
		os.Exit(1)
	}
}

// run serves the cabinet to managers until ctx ends.
func run(ctx context.Context, listener net.Listener, c *cabinet, opts ...commanderhttp.HandlerOption) error {
	opts = append(opts, commanderhttp.WithLogger(slog.Default()))
	return commanderhttp.Serve(ctx, listener, commanderhttp.Backend{Commander: c}, opts...)
}
