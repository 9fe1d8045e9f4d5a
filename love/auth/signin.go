package auth

import (
	"context"
	"errors"
	"net/url"
	"time"
)

// SignIn logs users in at an identity provider that asks them itself, in a browser; package
// oidc has one for OpenID providers. The manager does the rest: it sends the browser there,
// keeps what belongs to the attempt in a sealed cookie, and issues the token. Every
// implementation must be safe for concurrent use.
type SignIn interface {
	// Info describes the provider. It does not ask it.
	Info() SignInInfo
	// Begin starts an attempt. The browser is sent to the address, and comes back to the
	// manager's callback, PublicURL with /manager/api/oidc/callback.
	Begin(ctx context.Context) (address string, attempt SignInAttempt, err error)
	// Finish returns the user of an attempt; answer is the query with which the provider
	// has sent the browser back. The caller has compared its state with that of the
	// attempt. The error is a *SignInError if the user is refused; any other means that
	// the provider could not be asked, or has failed.
	Finish(ctx context.Context, attempt SignInAttempt, answer url.Values) (User, error)
}

// DeviceSignIn is what a [SignIn] may also implement, for programs without a browser of
// their own (RFC 8628): the user takes a code to a browser anywhere.
type DeviceSignIn interface {
	// BeginDevice starts an attempt. The error wraps ErrNoDevices if the provider cannot do
	// that.
	BeginDevice(ctx context.Context) (DeviceAttempt, error)
	// FinishDevice asks the provider once whether the user has agreed. The error wraps
	// ErrPending if not yet; others are those of [SignIn].
	FinishDevice(ctx context.Context, deviceCode string) (User, error)
}

// SignInInfo describes the provider behind a [SignIn].
type SignInInfo struct {
	// Name is what people call the provider.
	Name string
	// PublicURL is the manager's URL as browsers see it, with its prefix and without a
	// slash at the end, such as "https://love.example.org".
	PublicURL string
	// Session is how long a token that the manager issues is valid, at most. 0: as long as
	// any other. The manager's [Tokens] must be [LifetimeTokens] if it is set.
	Session time.Duration
}

// SignInAttempt is what has to be remembered from Begin to Finish. Nobody but the browser
// that began may have it.
type SignInAttempt struct {
	State    string // comes back with the browser
	Nonce    string // comes back in the ID token
	Verifier string // of PKCE
}

// DeviceAttempt is what a user needs in order to agree in a browser.
type DeviceAttempt struct {
	DeviceCode      string        // for FinishDevice; secret
	UserCode        string        // to type
	VerificationURI string        // where
	CompleteURI     string        // the same with the code; may be empty
	Expires         time.Duration // from now
	Interval        time.Duration // least time between two calls of FinishDevice
}

// SignInError is why a user is refused by a [SignIn]. It wraps [ErrCredentials].
type SignInError struct {
	// Reason is a sentence for the user.
	Reason string
	// Cause is for the log; it may be nil.
	Cause error
}

// Error says why, with the cause.
func (e *SignInError) Error() string {
	if e.Cause == nil {
		return e.Reason
	}
	return e.Reason + " (" + e.Cause.Error() + ")"
}

// Unwrap returns ErrCredentials and the cause.
func (e *SignInError) Unwrap() []error { return []error{ErrCredentials, e.Cause} }

var (
	// ErrPending means that the user of a [DeviceSignIn] has not agreed yet.
	ErrPending = errors.New("the user has not agreed yet")
	// ErrNoDevices means that the provider does not log in devices.
	ErrNoDevices = errors.New("the provider has no device authorization")
)

// LifetimeTokens is what [Tokens] may also implement; *jwt.Tokens does.
type LifetimeTokens interface {
	// IssueFor is Issue for a token that is valid for the given time, or as long as any
	// other if that is shorter.
	IssueFor(ctx context.Context, u User, lifetime time.Duration) (token string, err error)
}
