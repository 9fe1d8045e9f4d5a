package auth

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// Provisioned is [Users] for an identity system in front of them, such as LDAP:
// what that adds or grants when somebody logs in is recorded in the audit, with
// Source as who did it.
type Provisioned struct {
	Users  *Users
	Audit  *Auditor
	Source string // "LDAP"
}

// Provision is [Users.Provision], recorded.
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
