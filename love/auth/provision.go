package auth

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// Provisioned is [Users] for an identity system in front of them, such as
// LDAP. It records in the audit whom a log-in adds and which groups it grants,
// with Source as the actor.
type Provisioned struct {
	Users  *Users
	Audit  *Auditor
	Source string // "LDAP"
}

// Provision calls [Users.Provision] and records what it added.
func (p Provisioned) Provision(ctx context.Context, user User) (User, error) {
	before, err := p.Users.Lookup(ctx, user.Username)
	isNew := errors.Is(err, ErrUnknownUser)
	after, err := p.Users.Provision(ctx, user)
	if err != nil {
		return User{}, err
	}
	granted := slices.DeleteFunc(slices.Clone(after.Groups), func(g string) bool { return slices.Contains(before.Groups, g) })
	r := AuditRecord{Actor: p.Source, Subject: user.Username, Outcome: OutcomeDone, Detail: "groups: " + strings.Join(granted, ", ")}
	switch {
	case isNew:
		r.Action = AuditUserAdded
	case len(granted) > 0:
		r.Action = AuditGranted
	default:
		return after, nil
	}
	return after, p.Audit.Note(ctx, r)
}
