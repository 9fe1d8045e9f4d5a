package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
)

// mayStillGive returns nil if the user who gave a command that has waited for
// approval may give it now.
func (a access) mayStillGive(ctx context.Context, c commander.Call) error {
	u, err := a.directory.Lookup(ctx, c.User)
	switch {
	case errors.Is(err, auth.ErrUnknownUser), errors.Is(err, auth.ErrInactive):
		return noLonger("%s, who gave the command, can no longer log in.", c.User)
	case err != nil:
		return unknownGiver(err)
	case c.UserVersion != 0 && c.UserVersion < u.TokensFrom:
		return noLonger("The log-in with which %s gave the command was ended since.", c.User)
	}
	p := auth.Principal{User: u, Version: c.UserVersion, Address: c.Address}
	err = a.authorizer.Authorize(ctx, p, auth.ExecuteCommand)
	wanted := auth.CommandPermission(c.CSC, c.SalIndex, c.Name)
	if errors.Is(err, auth.ErrForbidden) && !errors.Is(err, auth.ErrLocation) && wanted.IsCommand() {
		err = a.authorizer.Authorize(ctx, p, wanted)
	}
	switch {
	case errors.Is(err, auth.ErrForbidden):
		return noLonger("%s, who gave the command, may no longer give it.", c.User)
	case err != nil:
		return unknownGiver(err)
	}
	return nil
}

func noLonger(format, user string) error {
	return &commander.Error{Kind: commander.Forbidden, Text: fmt.Sprintf(format, user) + " Nothing was sent."}
}

func unknownGiver(err error) error {
	return &commander.Error{
		Kind: commander.Busy, Err: err,
		Text: "The command was not sent, because the rights of its giver cannot be checked at the moment. Try again in a moment.",
	}
}
