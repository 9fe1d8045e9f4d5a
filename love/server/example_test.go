package server_test

import (
	"context"
	"fmt"
	"net"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/server"
)

// moveDome is a team's own way to the components.
func moveDome(_ context.Context, c commander.Call) (love.Ack, error) {
	fmt.Println(c.Identity, "commands", c.CSC, c.Name)
	return love.Ack{Text: love.Done}, nil
}

// A manager in memory with one user and a team's own commander. A program calls
// ListenAndServe; here the port is chosen by the system.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s, err := server.New(ctx, server.Config{
		Commander:       commander.Func(moveDome),
		ProcessPassword: "long and random",
		ServerURL:       "summit",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ada := auth.User{Username: "ada", Groups: []string{auth.GroupCommand}}
	if err := s.Users().Add(ctx, ada, "correct horse"); err != nil {
		fmt.Println(err)
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, listener) }()

	url := "http://" + listener.Addr().String()
	login, err := client.Login(ctx, url, "ada", "correct horse")
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := client.New(url, client.WithToken(login.Token))
	if err != nil {
		fmt.Println(err)
		return
	}
	ack, err := c.Command(ctx, love.Command{CSC: "ATDome", Name: "moveAzimuth"})
	fmt.Println(ack.Text, err)
	stop()
	fmt.Println(<-ended)
	// Output:
	// ada@summit commands ATDome cmd_moveAzimuth
	// Done <nil>
	// <nil>
}
