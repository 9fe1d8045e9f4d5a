package auth

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
)

// ErrLocation is the ErrForbidden of a place that may not command.
var ErrLocation = fmt.Errorf("this location: %w", ErrForbidden)

// Locations knows from where commands may come.
type Locations interface {
	// Whitelist returns the addresses and networks of the control location that
	// is selected, as text for [ParseNetworks]; empty if there is none.
	Whitelist(ctx context.Context) (string, error)
}

// Whitelist is a fixed text as [Locations].
type Whitelist string

// Whitelist implements [Locations].
func (w Whitelist) Whitelist(context.Context) (string, error) { return string(w), nil }

// LocationAuthorizer lets everybody command who is at the right place, and
// nobody else (manager protocol, section 4.5, COMMANDING_PERMISSION_TYPE
// "location"). Without an address, a location or a readable whitelist nobody
// may. All but commanding is Others' to decide.
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

// Networks are addresses that belong together.
type Networks []netip.Prefix

// ParseNetworks reads addresses and networks, "10.0.0.7, 10.1.0.0/16 fd00::/8",
// with space, comma or semicolon between them. The error names what is neither.
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

// plain writes an IPv4 network in its IPv6 form as what it is.
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

// Contains tells whether an address is in one of the networks. An IPv4 address
// in its IPv6 form counts as what it is.
func (n Networks) Contains(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	for _, p := range n {
		if p.Contains(address) {
			return true
		}
	}
	return false
}
