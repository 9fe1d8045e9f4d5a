package owner_test

import (
	"os"
	"os/user"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/owner"
)

func TestTheOwnerIsNamedByTheEnvironmentOrElseTheSystem(t *testing.T) {
	host, err := os.Hostname()
	require.NoError(t, err)
	at := func(env map[string]string) string {
		return owner.AtHost(func(name string) (string, bool) {
			value, ok := env[name]
			return value, ok
		})
	}
	require.Equal(t, "ana@"+host, at(map[string]string{"LOGNAME": "ana", "USER": "ben", "USERNAME": "eva"}))
	require.Equal(t, "ben@"+host, at(map[string]string{"LOGNAME": "", "USER": "ben", "LNAME": "eva"}))
	require.Equal(t, "eva@"+host, at(map[string]string{"LNAME": "eva"}))
	require.Equal(t, "ida@"+host, at(map[string]string{"USERNAME": "ida"}))
	require.Equal(t, "an\ufffd@"+host, at(map[string]string{"USER": "an\xe1"}))
	u, err := user.Current()
	require.NoError(t, err)
	require.Equal(t, u.Username+"@"+host, at(nil), "as a service without an environment")
}
