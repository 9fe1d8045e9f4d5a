package ldap_test

import (
	"fmt"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/ldap"
	"github.com/rubin-love/love-go/love/auth/password"
)

// LDAP beside the local users.
func Example() {
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New())
	directory, err := ldap.New(ldap.Config{
		Servers:  []string{"ldaps://ldap1.example.org", "ldaps://ldap2.example.org"},
		UserBase: "cn=users,cn=accounts,dc=example,dc=org",
	}, users)
	if err != nil {
		fmt.Println(err)
		return
	}
	logIn := auth.FirstOf{directory, users} // for manager.Config
	fmt.Println(len(logIn), "ways to log in")
	// Output: 2 ways to log in
}
