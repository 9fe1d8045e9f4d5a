package oidc

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love/auth"
)

// Mapping says what the claims about a user mean here.
type Mapping struct {
	// NameClaim has the user name. Default: "preferred_username" for a sign-in, "sub" for
	// the tokens of an issuer.
	NameClaim string
	// GroupsClaim has the groups: a list of texts, or one text. A dot leads into an object,
	// as in "realm_access.roles". Default: "groups".
	GroupsClaim string
	// Groups are our groups by those of the issuer. Members of the group on the left are
	// added to ours, and removed from them when they have left all that lead there. Default:
	// none, nobody is given anything.
	Groups map[string][]string
	// Required are groups of the issuer, of which a user must be in one. Default: none,
	// everybody whom the issuer knows may log in.
	Required []string
	// Adopt also takes accounts that exist here without a password and were not bound to a
	// user of an issuer before, such as those of LDAP: the issuer and LDAP know the same
	// people by the same names. Default: such a user is refused.
	Adopt bool
}

func (m *Mapping) setDefaults(nameClaim string) {
	if m.NameClaim == "" {
		m.NameClaim = nameClaim
	}
	if m.GroupsClaim == "" {
		m.GroupsClaim = "groups"
	}
}

// given returns all of our groups that the issuer gives and takes.
func (m *Mapping) given() (all []string) {
	for _, ours := range m.Groups {
		all = append(all, ours...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ours returns our groups of somebody who is in those of the issuer.
func (m *Mapping) ours(theirs []string) (all []string) {
	for _, g := range theirs {
		all = append(all, m.Groups[g]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// isIn reports whether one of the groups is in the list.
func isIn(groups, list []string) bool {
	return slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(list, g) })
}

// claims are those of a token, or the answer of the user info endpoint.
type claims map[string]json.RawMessage

// parseClaims reads an object in which no name occurs twice.
func parseClaims(body []byte) (claims, error) {
	if err := wire.Strict(body); err != nil {
		return nil, fmt.Errorf("the claims are not JSON that everybody reads alike: %w", err)
	}
	var c claims
	if err := json.Unmarshal(body, &c); err != nil || c == nil {
		return nil, fmt.Errorf("the claims are not an object")
	}
	return c, nil
}

// text returns a claim that is a text, else "".
func (c claims) text(name string) string {
	var s string
	if json.Unmarshal(c[name], &s) != nil {
		return ""
	}
	return s
}

// texts returns a claim that is a text or a list of texts; a dot leads into an object
// unless a claim has exactly that name. ok is false if there is no such claim.
func (c claims) texts(name string) (list []string, ok bool) {
	raw, ok := c[name]
	if !ok {
		first, rest, inside := strings.Cut(name, ".")
		var inner claims
		if !inside || json.Unmarshal(c[first], &inner) != nil {
			return nil, false
		}
		return inner.texts(rest)
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		if one == "" {
			return nil, true
		}
		return []string{one}, true
	}
	var some []any
	if json.Unmarshal(raw, &some) != nil {
		return nil, false
	}
	for _, v := range some {
		if s, isText := v.(string); isText {
			list = append(list, s)
		}
	}
	return list, true
}

// person is who the claims are about.
type person struct {
	user   auth.User
	groups []string // of the issuer
	known  bool     // whether the claims have groups
}

// person returns who the claims are about. The error is for the user.
func (m *Mapping) person(c claims) (person, error) {
	var p person
	p.groups, p.known = c.texts(m.GroupsClaim)
	p.user = auth.User{
		Username: c.text(m.NameClaim), Email: c.text("email"), FirstName: c.text("given_name"), LastName: c.text("family_name"),
		Groups: m.ours(p.groups),
	}
	switch {
	case p.user.Username == "":
		return p, &auth.SignInError{Reason: fmt.Sprintf("The provider does not tell your user name: it has no claim %q about you.", m.NameClaim)}
	case len(m.Required) > 0 && !isIn(p.groups, m.Required):
		return p, &auth.SignInError{Reason: fmt.Sprintf("%s is in none of the groups that may log in here.", p.user.Username)}
	}
	if err := p.user.Check(); err != nil {
		return p, &auth.SignInError{Reason: "Your account at the provider cannot be used here.", Cause: err}
	}
	return p, nil
}
