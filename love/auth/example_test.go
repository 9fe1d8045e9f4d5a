package auth_test

import (
	"context"
	"fmt"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
)

// A log-in, the token that stands for it, and what its owner may do.
func Example() {
	ctx := context.Background()
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New())
	operator := auth.User{Username: "ada", Groups: []string{auth.GroupCommand}}
	if err := users.Add(ctx, operator, "correct horse battery staple"); err != nil {
		fmt.Println(err)
		return
	}
	tokens := jwt.New(nil, users) // nil: a random key, for the life of this process

	user, err := users.Authenticate(ctx, "ada", "correct horse battery staple")
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := tokens.Issue(ctx, user)
	if err != nil {
		fmt.Println(err)
		return
	}

	who, err := tokens.Verify(ctx, token)
	fmt.Println(who.Name(), err)
	fmt.Println(auth.RoleAuthorizer{}.Authorize(ctx, who, auth.ExecuteCommand))

	_ = tokens.Revoke(ctx, token)
	_, err = tokens.Verify(ctx, token)
	fmt.Println(err)
	// Output:
	// ada <nil>
	// <nil>
	// unknown token
}
