package oidc_test

import (
	"fmt"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/oidc"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/server"
)

// People sign in at the site's provider, and its services come with tokens of it.
func Example() {
	storage := server.NewMemory(love.SystemClock{})
	users := auth.NewUsers(storage.Users(), password.New())
	const issuer = "https://id.example.org/realms/site"
	signIn, err := oidc.New(oidc.Config{
		Issuer: issuer, ClientID: "love-manager", ClientSecret: "…", PublicURL: "https://love.example.org",
		Mapping: oidc.Mapping{Groups: map[string][]string{"operators": {auth.GroupCommand, auth.GroupUIFramework}}},
	}, users)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer signIn.Close()
	services, err := oidc.NewIssuer(oidc.IssuerConfig{URL: issuer, Audience: "love", Processes: []string{"producers"}}, users)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer services.Close()
	config := server.Config{Storage: storage, Users: users, SignIn: signIn, Issuers: []auth.Issuer{services}} // for server.New
	fmt.Println("sign in with", config.SignIn.Info().Name)
	// Output: sign in with id.example.org
}
