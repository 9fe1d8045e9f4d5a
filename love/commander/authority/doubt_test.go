package authority_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/authority"
)

// doubtfulStore loses the answers of the first changes, whether it makes them or not, and
// then fails without any.
type doubtfulStore struct {
	*authority.Memory
	makes     bool
	lost      int
	failsThen int
}

func (s *doubtfulStore) ChangeWaiting(ctx context.Context, f func([]authority.Waiting) ([]authority.Waiting, error)) error {
	switch {
	case s.lost > 0:
		s.lost--
		if s.makes {
			if err := s.Memory.ChangeWaiting(ctx, f); err != nil {
				return err
			}
		}
		return authority.ErrInDoubt
	case s.failsThen > 0:
		s.failsThen--
		return errors.New("the database is away")
	}
	return s.Memory.ChangeWaiting(ctx, f)
}

func TestFault_ACommandOfWhichTheAnswerOfTheStoreIsLostIsLookedForAgain(t *testing.T) {
	for name, makes := range map[string]bool{"it waits": true, "it did not": false} {
		t.Run(name, func(t *testing.T) {
			s := &doubtfulStore{Memory: authority.NewMemory(), makes: makes, lost: 1}
			withAuthority(t, func(t *testing.T, g *harness) {
				require.Equal(t, awaiting, g.give(t, "ana", "ATDome", "openShutter"))
				require.Len(t, waitingOf(t, g), 1)
				require.Equal(t, love.CommandAwaiting, g.recorded(t)[0].State)
			}, authority.WithApproval("ATDome"), authority.WithStore(s))
		})
	}
}

func TestFault_ACommandOfWhichNobodyKnowsWhetherItWaitsIsNotCalledRefused(t *testing.T) {
	s := &doubtfulStore{Memory: authority.NewMemory(), makes: true, lost: 1, failsThen: 5}
	withAuthority(t, func(t *testing.T, g *harness) {
		_, err := g.Execute(t.Context(), commander.Call{Command: love.Command{CSC: "ATDome", Name: "cmd_openShutter"}, User: "ana"})
		require.Equal(t, commander.Unknown, commander.ErrorOf(err, "").Kind)
		w := waitingOf(t, g)
		require.Len(t, w, 1)
		require.ErrorContains(t, err, "as "+w[0].ID+", is not known")
		require.Equal(t, love.CommandAwaiting, g.recorded(t)[0].State)
		s.failsThen = 0
		_, err = g.Approve(t.Context(), w[0].ID, "ben")
		require.NoError(t, err)
		require.Equal(t, love.CommandDone, g.recorded(t)[0].State)
	}, authority.WithApproval("ATDome"), authority.WithStore(s))
}
