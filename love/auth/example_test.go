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

// badges is the identity system of a team: PINs by user name.
type badges map[string]string

// Authenticate implements [auth.Authenticator].
func (b badges) Authenticate(_ context.Context, username, pin string) (auth.User, error) {
	if want, ok := b[username]; !ok || want != pin {
		return auth.User{}, auth.ErrCredentials
	}
	return auth.User{Username: username}, nil
}

// An identity system of one's own, asked beside the local users. The suite
// lovetest.RunAuthenticator tests such a type.
func ExampleAuthenticator() {
	ctx := context.Background()
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New())
	if err := users.Add(ctx, auth.User{Username: "admin"}, "local secret"); err != nil {
		fmt.Println(err)
		return
	}
	logIn := auth.FirstOf{badges{"ada": "1815"}, users} // for manager.Config

	for _, c := range [][2]string{{"ada", "1815"}, {"admin", "local secret"}, {"ada", "1816"}} {
		user, err := logIn.Authenticate(ctx, c[0], c[1])
		fmt.Printf("%q %v\n", user.Username, err)
	}
	// Output:
	// "ada" <nil>
	// "admin" <nil>
	// "" unable to log in with the given user name and password
}

// Groups and permissions in a store of users. The suite lovetest.RunUserStore
// tests a store of one's own.
func ExampleUserStore() {
	ctx := context.Background()
	var users auth.UserStore = auth.NewMemoryUserStore() // store.Store.Users keeps them in a database
	defer users.WatchAccounts(func(username string) { fmt.Println("changed:", username) })()

	night := auth.Group{Name: "night", Permissions: []auth.Permission{"ATDome:*:move*"}}
	if err := users.PutGroup(ctx, night); err != nil {
		fmt.Println(err)
		return
	}
	account := auth.Account{User: auth.User{Username: "ada", Groups: []string{"night"}}}
	if err := users.CreateAccount(ctx, account); err != nil {
		fmt.Println(err)
		return
	}
	ada, err := users.Account(ctx, "ada")
	fmt.Println(ada.GroupPermissions, err)

	move, stop := auth.CommandPermission("ATDome", 0, "moveAzimuth"), auth.CommandPermission("ATDome", 0, "stopMotion")
	who := auth.Principal{User: ada.User}
	fmt.Println(auth.RoleAuthorizer{}.Authorize(ctx, who, move))
	fmt.Println(auth.RoleAuthorizer{}.Authorize(ctx, who, stop))
	// Output:
	// changed: ada
	// [ATDome:*:move*] <nil>
	// <nil>
	// ada: not allowed: it takes the permission ATDome:0:stopMotion
}
