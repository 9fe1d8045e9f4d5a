package store_test

import (
	"context"
	"fmt"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/store"
)

// Users and tokens of a manager, kept in a database.
func Example() {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Memory) // or "sqlite:loved.db", or "postgres://…"
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	users := auth.NewUsers(s.Users(), password.New())
	tokens := jwt.New(nil, users, jwt.WithKeyring(s.Keyring()), jwt.WithTokenStore(s.TokenStore()))

	if err := users.Add(ctx, auth.User{Username: "ada", Groups: []string{auth.GroupCommand}}, "correct horse"); err != nil {
		fmt.Println(err)
		return
	}
	user, err := users.Authenticate(ctx, "ada", "correct horse")
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := tokens.Issue(ctx, user)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = users.SetActive(ctx, "ada", false)
	_, err = tokens.Verify(ctx, token)
	fmt.Println(err)
	// Output: the user is not active
}
