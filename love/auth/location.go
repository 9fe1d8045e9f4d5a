package auth

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
)

// Locations knows where commands may come from.
type Locations interface {
	// Whitelist returns the addresses and networks of the control location that
	// is selected, as text for [ParseNetworks]; empty if there is none.
	Whitelist(ctx context.Context) (string, error)
}

// Whitelist is a [Locations] with a fixed text.
type Whitelist string

// Whitelist implements [Locations].
func (w Whitelist) Whitelist(context.Context) (string, error) { return string(w), nil }

// LocationAuthorizer lets everybody at the right place command, and nobody
// else (manager protocol, section 4.5, COMMANDING_PERMISSION_TYPE "location").
// Nobody may command without an address, a location or a readable whitelist.
// Others decides on everything but commands.
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

// Networks is a list of networks; a single address is one too.
type Networks []netip.Prefix

// ParseNetworks parses addresses and networks, "10.0.0.7, 10.1.0.0/16
// fd00::/8", with space, comma or semicolon between them. The error names the
// word that is neither.
func ParseNetworks(text string) (Networks, error) {
	var all Networks
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) }) {
		p, err := netip.ParsePrefix(word)
		if err != nil {
			address, errAddress := netip.ParseAddr(word)
			if errAddress != nil || address.Zone() != "" {
				return nil, fmt.Errorf("%q is neither an address such as 10.0.0.7 nor a network such as 10.0.0.0/8", word)
			}
			address = address.Unmap()
			p = netip.PrefixFrom(address, address.BitLen())
		}
		if p, err = plain(p); err != nil {
			return nil, err
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// plain returns an IPv4-mapped IPv6 network as the IPv4 network.
func plain(p netip.Prefix) (netip.Prefix, error) {
	const mapped = 96 // bits before the IPv4 address
	switch {
	case !p.Addr().Is4In6():
		return p, nil
	case p.Bits() < mapped:
		return p, fmt.Errorf("the network %q holds more than IPv4 addresses in their IPv6 form: write it as IPv4, such as 10.0.0.0/8", p)
	}
	return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped), nil
}

// Contains reports whether an address is in one of the networks. An
// IPv4-mapped IPv6 address counts as the IPv4 address.
func (n Networks) Contains(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	for _, p := range n {
		if p.Contains(address) {
			return true
		}
	}
	return false
}
