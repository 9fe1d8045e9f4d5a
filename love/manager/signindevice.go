package manager

import (
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/love/auth"
)

// device is an attempt as a program without a browser keeps it.
type device struct {
	ID       string
	Code     string
	Interval time.Duration
}

// beginDevice starts a sign-in for a program without a browser.
func (m *Manager) beginDevice(c *call) (answer, error) {
	if _, err := c.fields(); err != nil { // there is nothing to say yet
		return answer{}, err
	}
	devices, ok := m.config.SignIn.(auth.DeviceSignIn)
	if m.config.SignIn == nil {
		return answer{}, errNoSignIn
	}
	if !ok {
		return answer{}, errNoDevices
	}
	var attempt auth.DeviceAttempt
	_, err := m.signedIn(c, func() (u auth.User, err error) {
		attempt, err = devices.BeginDevice(c.Context())
		return u, err
	})
	if errors.Is(err, auth.ErrNoDevices) {
		return answer{}, errNoDevices
	}
	if err != nil {
		return answer{}, signInRefusal(err)
	}
	text, err := m.sealed(c, sealedDevice, device{rand.Text(), attempt.DeviceCode, attempt.Interval}, attempt.Expires)
	if err != nil {
		return answer{}, err
	}
	return answer{Status: http.StatusOK, Body: struct {
		Device      string  `json:"device"`
		UserCode    string  `json:"user_code"`
		URI         string  `json:"verification_uri"`
		CompleteURI *string `json:"verification_uri_complete"`
		ExpiresIn   int     `json:"expires_in"`
		Interval    int     `json:"interval"`
	}{text, attempt.UserCode, attempt.VerificationURI, orNull(attempt.CompleteURI), int(attempt.Expires.Seconds()), int(attempt.Interval.Seconds())}}, nil
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// deviceToken answers with the token of such a sign-in, or that the user has not agreed
// yet.
func (m *Manager) deviceToken(c *call) (answer, error) {
	f, err := c.fields()
	if err != nil {
		return answer{}, err
	}
	devices, ok := m.config.SignIn.(auth.DeviceSignIn)
	if !ok {
		return answer{}, errNoSignIn
	}
	errs := fieldErrors{}
	text := f.text("device", errs)
	if len(errs) > 0 {
		return answer{}, errs.Refusal()
	}
	var d device
	if err := m.open(c, sealedDevice, text, &d); err != nil {
		return answer{}, errNoGrant
	}
	if !m.signIns.polls.take(d.ID, m.config.Clock.Now(), d.Interval) {
		return pending(d), nil // too early: the provider is not asked
	}
	user, err := m.signedIn(c, func() (auth.User, error) { return devices.FinishDevice(c.Context(), d.Code) })
	if errors.Is(err, auth.ErrPending) {
		return pending(d), nil
	}
	if err != nil {
		return answer{}, signInRefusal(err)
	}
	return m.newSignInSession(c, user)
}

func pending(d device) answer {
	return answer{Status: http.StatusAccepted, Body: struct {
		Detail   string `json:"detail"`
		Interval int    `json:"interval"`
	}{"The user has not agreed yet. Ask again after the interval, in seconds.", int(d.Interval.Seconds())}}
}

// signInRefusal returns the refusal of a sign-in for a program.
func signInRefusal(err error) error {
	if many, ok := errors.AsType[*auth.TooManyTriesError](err); ok {
		return tooManyLogIns(many)
	}
	if refused, ok := errors.AsType[*auth.SignInError](err); ok {
		return refuse(http.StatusForbidden, refused.Reason)
	}
	return errNotGranted
}
