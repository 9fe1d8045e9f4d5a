package manager

import (
	"log/slog"

	"github.com/rubin-love/love-go/internal/outage"
)

// outages logs what fails for every request while a part is away.
type outages struct{ tokens, permissions, logIns, signIns, audit, configurations *outage.Log }

func newOutages(log *slog.Logger) outages {
	of := func(failing, over string) *outage.Log { return outage.New(log, slog.LevelError, failing, over) }
	return outages{
		tokens:         of("a token could not be checked", "tokens are checked again"),
		permissions:    of("a permission could not be checked", "permissions are checked again"),
		logIns:         of("a log-in could not be checked", "log-ins are checked again"),
		signIns:        of("the identity provider could not be asked", "the identity provider answers again"),
		audit:          of("an audit record could not be written", "audit records are written again"),
		configurations: of("the frontend's configuration of a user could not be read, so the frontend gets none", "configurations are read again"),
	}
}
