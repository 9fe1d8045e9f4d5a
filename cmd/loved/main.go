package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/rubin-love/love-go/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal finds no handler and ends the process
	os.Exit(cli.Run(ctx, os.Args, os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}
