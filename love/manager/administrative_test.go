package manager_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/manager"
)

func TestWhichRequestsAreOfThoseWhoRunTheManager(t *testing.T) {
	_, m := newUnservedHarness(t, func(c *manager.Config) { c.URLPrefix = "/love" })
	for path, want := range map[string]bool{
		"/love/manager/api/admin/users/": true, "/love/manager/api/hub/": true,
		"/manager/api/admin/users/": false, "/love/manager/api/cmd/": false, "/love/manager/api/administration/": false, "/": false,
	} {
		require.Equal(t, want, m.Administrative(httptest.NewRequest("GET", path, nil)), path)
	}
}
