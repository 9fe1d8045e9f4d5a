// Command custombroker connects managers without Redis: each has a line to a relay, over
// which everything that is published travels. broker.go is the whole hub.Broker.
//
// Start the relay, then as many managers as you like:
//
//	go run ./examples/custombroker --relay unix:///tmp/relay
//	go run ./examples/custombroker --listen 127.0.0.1:8001 --join unix:///tmp/relay
//	go run ./examples/custombroker --listen 127.0.0.1:8002 --join unix:///tmp/relay
//
// Who subscribes at one of them gets what is published at the other:
//
//	loved sub --manager http://127.0.0.1:8001 --process-password example event-A-0-s
//	loved pub --manager http://127.0.0.1:8002 --process-password example event A s 1
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/signal"

	"github.com/rubin-love/love-go/love/server"
)

func main() {
	relayAt := flag.String("relay", "", "be the relay at this address, unix:///path or tcp://host:port")
	join := flag.String("join", "", "be a manager that joins the relay at this address")
	listen := flag.String("listen", "127.0.0.1:8000", "address of the manager")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *relayAt != "" {
		err = serveRelay(ctx, *relayAt)
	} else {
		err = serveManager(ctx, *join, *listen)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "custombroker:", err)
		os.Exit(1)
	}
}

// split returns the parts of an address for package net.
func split(address string) (network, at string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "unix" && u.Scheme != "tcp" {
		return "", "", fmt.Errorf("%q must be unix:///path or tcp://host:port", address)
	}
	return u.Scheme, u.Host + u.Path, nil
}

func serveRelay(ctx context.Context, address string) error {
	network, at, err := split(address)
	if err != nil {
		return err
	}
	listener, err := net.Listen(network, at)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	if err := new(relay).serve(listener); ctx.Err() == nil {
		return err
	}
	return nil
}

func serveManager(ctx context.Context, join, listen string) error {
	network, at, err := split(join)
	if err != nil {
		return err
	}
	b, err := connect(network, at)
	if err != nil {
		return err
	}
	defer b.Close()
	s, err := server.New(ctx, server.Config{Broker: b, ProcessPassword: "example", AllowWeakSecrets: true})
	if err != nil {
		return err
	}
	return s.ListenAndServe(ctx, listen)
}
