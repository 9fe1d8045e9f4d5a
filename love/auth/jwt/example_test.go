package jwt_test

import (
	"context"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
)

// Tokens whose key is in the configuration, and was changed: those that the old
// key signed stay valid.
func Example() {
	ctx := context.Background()
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New())
	if err := users.Add(ctx, auth.User{Username: "ada"}, "correct horse battery staple"); err != nil {
		fmt.Println(err)
		return
	}
	oldKey, key := []byte("an old key of 32 bytes or longer"), []byte("the new key of 32 bytes or longer")
	if err := jwt.CheckKey(key); err != nil {
		fmt.Println(err)
		return
	}
	old, err := jwt.New(oldKey, users).Issue(ctx, auth.User{Username: "ada"})
	if err != nil {
		fmt.Println(err)
		return
	}

	tokens := jwt.New(key, users, jwt.WithOldKeys(oldKey), jwt.WithLifetime(12*time.Hour))
	who, err := tokens.Verify(ctx, old)
	fmt.Println(who.Name(), err)

	defer tokens.Watch(func(string) { fmt.Println("the sockets of the token close") })()
	fmt.Println(tokens.Revoke(ctx, old))
	// Output:
	// ada <nil>
	// the sockets of the token close
	// <nil>
}
