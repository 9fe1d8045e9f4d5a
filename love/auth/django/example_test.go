package django_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/django"
	"github.com/rubin-love/love-go/love/auth/password"
)

// The users of a Python manager, exported by `manage.py dumpdata auth`.
func Example() {
	ctx := context.Background()
	dump, err := django.ReadDump(strings.NewReader(`[{"model": "auth.user", "pk": 1, "fields": {"username": "ada", "is_active": true,
		"password": "pbkdf2_sha256$20000$seasalt$HEKK1trd/bq6iLo7ut3wYjn33DUG3Go7c8cqhlhtF+g="}}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New())
	done, err := dump.ImportInto(ctx, users.Store())
	fmt.Println(done.Added, err)
	_, err = users.Authenticate(ctx, "ada", "letmein")
	fmt.Println("ada logs in with the old password:", err == nil)
	// Output:
	// [ada] <nil>
	// ada logs in with the old password: true
}
