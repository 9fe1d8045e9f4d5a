package auth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

func TestLocation_DecidesByParsedNetworks(t *testing.T) {
	const list = "10.0.0.1, 10.1.0.0/16;fd00::/8\n192.168.7.9 ::ffff:10.9.0.0/112"
	for address, ok := range map[string]bool{
		"10.0.0.1": true, "10.1.255.3": true, "fd00::17": true, "10.9.3.4": true, "::ffff:10.9.3.4": true, "10.10.3.4": false, "192.168.7.9": true, "::ffff:10.0.0.1": true,
		"110.0.0.12": false, "10.0.0.12": false, "10.0.0.10": false, "10.2.0.1": false, "fe00::1": false, "": false, "10.0.0.": false, "nonsense": false,
	} {
		err := auth.LocationAuthorizer{Locations: auth.Whitelist(list), Others: auth.RoleAuthorizer{}}.
			Authorize(t.Context(), auth.Principal{Address: address}, auth.ExecuteCommand)
		if ok {
			require.NoError(t, err, address)
			continue
		}
		require.ErrorIs(t, err, auth.ErrLocation, address)
		require.ErrorIs(t, err, auth.ErrForbidden)
	}
}

type nowhere struct{}

func (nowhere) Whitelist(context.Context) (string, error) { return "", errAway }

func TestLocation_WithoutAReadableWhitelistNobodyCommands(t *testing.T) {
	root := auth.Principal{User: auth.User{Superuser: true}, Address: "10.0.0.1"}
	for _, list := range []string{"", "  ", "10.0.0.1, all", "0.0.0.0/33", "::ffff:0.0.0.0/80", "fe80::1%eth0"} {
		by := auth.LocationAuthorizer{Locations: auth.Whitelist(list), Others: auth.RoleAuthorizer{}}
		for _, p := range []auth.Permission{auth.ExecuteCommand, auth.SomeCommand, "ATDome:0:moveAzimuth"} {
			require.ErrorIs(t, by.Authorize(t.Context(), root, p), auth.ErrLocation, list)
		}
		require.NoError(t, by.Authorize(t.Context(), root, auth.ManageUsers), "the rest is not about places")
	}
	err := auth.LocationAuthorizer{Locations: nowhere{}}.Authorize(t.Context(), root, auth.ExecuteCommand)
	require.ErrorIs(t, err, errAway)
	require.NotErrorIs(t, err, auth.ErrForbidden)
}
