package oidc

import (
	"context"
	"errors"
	"strings"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// Users creates or updates the users who log in; *auth.Users implements it.
type Users interface {
	auth.Directory
	ProvisionBy(ctx context.Context, u auth.User, v auth.Voucher) (auth.Provisioned, error)
}

// identity returns who somebody is for ever: names can change hands, and each issuer has
// subjects of its own.
func identity(issuer, subject string) string { return issuer + " " + subject }

// provision creates or updates a user here, and records what that changed. The error is
// a *auth.SignInError if the user may not log in.
func (o *options) provision(ctx context.Context, users Users, m *Mapping, p person, identity string) (auth.User, error) {
	done, err := users.ProvisionBy(ctx, p.user, auth.Voucher{Identity: identity, Adopt: m.Adopt, Groups: m.given()})
	switch {
	case errors.Is(err, auth.ErrCredentials):
		return auth.User{}, &auth.SignInError{Reason: "The account " + p.user.Username + " of this manager is not yours, or is disabled. Ask whoever runs the manager.", Cause: err}
	case err != nil:
		return auth.User{}, err
	}
	for _, r := range changes(p.user.Username, done) {
		if err := o.auditor.Record(ctx, r); err != nil {
			return auth.User{}, err
		}
	}
	return done.User, nil
}

// changes returns the audit records of what a sign-in has changed.
func changes(username string, p auth.Provisioned) (list []audit.Record) {
	add := func(action string, groups []string) {
		list = append(list, audit.Record{
			Actor: "OIDC", Action: action, Subject: username, Outcome: audit.Done, Detail: "groups: " + strings.Join(groups, ", "),
		})
	}
	switch {
	case p.Added:
		add(audit.UserAdded, p.Granted)
	case len(p.Granted) > 0:
		add(audit.PermissionGranted, p.Granted)
	}
	if len(p.Taken) > 0 {
		add(audit.PermissionRevoked, p.Taken)
	}
	return list
}
