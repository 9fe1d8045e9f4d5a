package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// Gate admits websocket connections by the query of their handshake
// (docs/protocol/manager.md#authentication): "token" of a user, or "password" of a
// process. It fits hub.WithGate.
type Gate struct {
	Tokens          Tokens // nil: no users
	ProcessPassword string // empty: no processes
	// Other admits the handshakes that have neither in their query, such as those with
	// a cookie; a hub.Gate is one. Nil: they are refused.
	Other interface {
		Admit(r *http.Request) (Principal, error)
	}
}

var (
	errNoCredentials   = errors.New(`show who you are: put "token" of a user or "password" of a process into the query`)
	errProcessPassword = errors.New("the process password is wrong: it is the manager's PROCESS_CONNECTION_PASS")
)

// Admit returns who is connecting. A valid token counts first, then the
// password; of a parameter given twice the first one counts. The error may be
// shown to the client. If it wraps none of ErrToken, ErrExpired, ErrInactive
// and ErrCredentials, the token could not be checked.
func (g Gate) Admit(r *http.Request) (Principal, error) {
	token, password := queryValue(r.URL.RawQuery, "token"), queryValue(r.URL.RawQuery, "password")
	if token == "" && password == "" && g.Other != nil {
		return g.Other.Admit(r)
	}
	refused := fmt.Errorf("%w: %w", ErrCredentials, errNoCredentials)
	if token != "" && g.Tokens != nil {
		p, err := g.Tokens.Verify(r.Context(), token)
		if err == nil {
			p.Address = Address(r)
			return p, nil
		}
		refused = showable(err)
	}
	if password != "" {
		if g.isProcess(password) {
			return Principal{Process: true, Address: Address(r)}, nil
		}
		if token == "" {
			refused = fmt.Errorf("%w: %w", ErrCredentials, errProcessPassword)
		}
	}
	return Principal{}, refused
}

// AnyOrigin reports whether pages of any origin may make a handshake: browsers do not add
// a token or a password to the query by themselves. Those that Other admits may not,
// unless it has the method AnyOrigin, too, and that reports true. It implements
// hub.OriginGate.
func (g Gate) AnyOrigin(r *http.Request) bool {
	if g.Other == nil || queryValue(r.URL.RawQuery, "token") != "" || queryValue(r.URL.RawQuery, "password") != "" {
		return true
	}
	o, ok := g.Other.(interface{ AnyOrigin(*http.Request) bool })
	return ok && o.AnyOrigin(r)
}

// showable hides from the client why a token could not be checked.
func showable(err error) error {
	for _, known := range []error{ErrToken, ErrExpired, ErrInactive} {
		if errors.Is(err, known) {
			return known
		}
	}
	return unchecked{err}
}

// unchecked is an error whose cause is for the log only.
type unchecked struct{ cause error }

func (unchecked) Error() string {
	return "the token cannot be checked at the moment: try again in a moment"
}
func (e unchecked) Unwrap() error { return e.cause }

// isProcess compares hashes, so that the time it takes reveals neither the
// length nor the beginning of the password.
func (g Gate) isProcess(password string) bool {
	want, got := sha256.Sum256([]byte(g.ProcessPassword)), sha256.Sum256([]byte(password))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && g.ProcessPassword != ""
}

// Address returns the network address that a request came from, without the
// port. It ignores headers that claim another one.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
