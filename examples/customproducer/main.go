// Command customproducer runs a team's own producer.
//
//	PROCESS_CONNECTION_PASS=… customproducer http://manager:8000 http://rack-1/supplies
package main

import (
	"context"
	"log"
	"log/slog"
	"os"
	"os/signal"

	"github.com/rubin-love/love-go/examples/customproducer/powerrack"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/producer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) != 3 {
		log.Fatal("usage: customproducer MANAGER-URL RACK-URL")
	}
	if err := run(ctx, os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, manager, rack string) error {
	connection, err := client.New(manager, client.WithProcessPassword(os.Getenv("PROCESS_CONNECTION_PASS")))
	if err != nil {
		return err
	}
	c := producer.NewClient(connection)
	c.Add(powerrack.New(rack, producer.WithLogger(slog.Default())))
	return c.Run(ctx)
}
