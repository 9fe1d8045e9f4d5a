package auth

import (
	"context"
	"fmt"
	"net/netip"
)

// Locations knows where commands may come from.
type Locations interface {
	// Whitelist returns the addresses and networks of the control location that
	// is selected, as text for [ParseNetworks]; empty if none is selected.
	Whitelist(ctx context.Context) (string, error)
}

// Whitelist is a [Locations] with a fixed text.
type Whitelist string

// Whitelist implements [Locations].
func (w Whitelist) Whitelist(context.Context) (string, error) { return string(w), nil }

// LocationAuthorizer allows commands from the right place, to everybody, and no
// others (docs/protocol/manager.md#commands, COMMANDING_PERMISSION_TYPE "location").
// Nobody may command without an address, a location or a readable whitelist. Others
// decides on everything but commands.
type LocationAuthorizer struct {
	Locations Locations
	Others    Authorizer
}

// Authorize implements [Authorizer].
func (a LocationAuthorizer) Authorize(ctx context.Context, p Principal, permission Permission) error {
	if permission != ExecuteCommand && permission != SomeCommand && !permission.IsCommand() {
		return a.Others.Authorize(ctx, p, permission)
	}
	whitelist, err := a.Locations.Whitelist(ctx)
	if err != nil {
		return err
	}
	allowed, err := ParseNetworks(whitelist)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLocation, err)
	}
	address, err := netip.ParseAddr(p.Address)
	if err != nil || !allowed.Contains(address) {
		return ErrLocation
	}
	return nil
}
