package password_test

import (
	"context"
	"fmt"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
)

// Users whose passwords cost more to guess than by default.
func Example() {
	ctx := context.Background()
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New(password.WithCost(32<<10, 3)))
	if err := users.Add(ctx, auth.User{Username: "ada"}, "correct horse battery staple"); err != nil {
		fmt.Println(err)
		return
	}
	_, err := users.Authenticate(ctx, "ada", "Tr0ub4dor&3")
	fmt.Println(err)
	// Output: unable to log in with the given user name and password
}
