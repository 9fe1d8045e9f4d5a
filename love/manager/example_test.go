package manager_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
)

// move is a team's own commander: a function.
func move(_ context.Context, c commander.Call) (love.Ack, error) {
	return love.Ack{Text: c.Identity + " moves " + c.CSC}, nil
}

// A manager made of its parts: users, tokens, a hub and a team's own commander.
// Package love/server does this for a whole manager.
func Example() {
	ctx := context.Background()
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New())
	ada := auth.User{Username: "ada", Groups: []string{auth.GroupCommand}}
	if err := users.Add(ctx, ada, "correct horse battery staple"); err != nil {
		fmt.Println(err)
		return
	}
	tokens := jwt.New(nil, users)
	sockets := hub.New(hub.WithGate(auth.Gate{Tokens: tokens, ProcessPassword: "long and random"}))
	defer func() { _ = sockets.Shutdown(ctx) }()
	m, err := manager.New(manager.Config{
		Hub:           sockets,
		Authenticator: users,
		Tokens:        tokens,
		Commander:     commander.Func(move),
		ServerURL:     "summit",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()

	token, err := tokens.Issue(ctx, ada)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest("POST", "/manager/api/cmd/", strings.NewReader(
		`{"csc": "MTMount", "salindex": 0, "cmd": "cmd_moveToTarget", "params": {"azimuth": 90}}`))
	r.Header.Set("Authorization", "Token "+token)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output: 200 {"ack":"ada@summit moves MTMount"}
}
