package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/rubin-love/love-go/love/auth"
)

// WithLogger sets where it is logged that a revocation could not be recorded, and
// that it was later. Default: nothing is logged.
func WithLogger(l *slog.Logger) Option { return func(s *Store) { s.log = l } }

// WithoutRetries makes a revocation that cannot be recorded fail without any
// effect, for programs that end after one change. Default: it is in effect in this
// process at once, its error wraps auth.ErrUnrecorded, and it is recorded as soon
// as the database can be written; what is left when the process ends is lost, and
// [Store.Close] logs it.
func WithoutRetries() Option { return func(s *Store) { s.noRetries = true } }

// keeps reports whether a change that failed with err is kept in memory until it
// can be recorded.
func (s *Store) keeps(err error) bool { return !s.noRetries && errors.Is(err, auth.ErrUnavailable) }

// unrecorded logs that a revocation is only in memory, and returns its error.
func (s *Store) unrecorded(kind, of string, err error) error {
	s.log.Error("a revocation could not be recorded: it is in effect in this process only, and is tried again until it is written",
		"revoked", kind, "of", of, "error", err)
	return fmt.Errorf("%w: %w", auth.ErrUnrecorded, err)
}

// superseded logs what of a revocation is not recorded.
func (s *Store) superseded(of string, what []string) {
	s.log.Warn("a revocation that could not be recorded before is superseded: another process has changed the same later, and that stays",
		"of", of, "superseded", what)
}

// retry records what is only in memory, as far as possible. At most one call runs
// at a time; it must not run in the goroutine of poll, because a database that is
// locked delays it.
func (s *Store) retry(ctx context.Context) {
	defer s.retrying.Unlock()
	n := s.tokens.retry(ctx) + s.users.retry(ctx)
	if n > 0 {
		s.log.Warn("revocations that could not be recorded before are recorded now", "number", n)
	}
}

// retryLater starts retry, if there is something to record and it does not run.
// Only poll calls it.
func (s *Store) retryLater(ctx context.Context) {
	if (s.tokens.hasUnrecorded() || s.users.hasUnrecorded()) && s.retrying.TryLock() {
		s.running.Go(func() { s.retry(ctx) })
	}
}

// retryLast records what is still only in memory before the store closes, and logs
// what cannot be: it ends with this process.
func (s *Store) retryLast() {
	if !s.tokens.hasUnrecorded() && !s.users.hasUnrecorded() {
		return
	}
	s.retrying.Lock()
	s.retry(context.Background())
	tokens, users, groups := s.tokens.unrecordedIDs(), s.users.unrecordedNames(), s.users.unrecordedGroupNames()
	if len(tokens)+len(users)+len(groups) > 0 {
		s.log.Error("revocations were not recorded, and end with this process: revoke them again when the database can be written",
			"tokens", tokens, "users", users, "groups", groups)
	}
}
