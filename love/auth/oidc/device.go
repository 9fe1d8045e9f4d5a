package oidc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"

	"github.com/rubin-love/love-go/love/auth"
)

// The times of a device authorization if the provider does not tell them (RFC 8628), and
// the longest that is waited.
const (
	defaultInterval = 5 * time.Second
	maxInterval     = time.Minute
	maxDeviceTime   = 30 * time.Minute
)

// deviceGrant is the kind of grant of a device.
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// BeginDevice implements auth.DeviceSignIn.
func (s *SignIn) BeginDevice(ctx context.Context) (auth.DeviceAttempt, error) {
	d, err := s.provider.describe(ctx)
	if err != nil {
		return auth.DeviceAttempt{}, err
	}
	if d.endpoint.DeviceAuthURL == "" {
		return auth.DeviceAttempt{}, auth.ErrNoDevices
	}
	var got *oauth2.DeviceAuthResponse
	err = s.provider.asker.ask(ctx, func(ctx context.Context) error {
		// The module sends the ID of the client only.
		got, err = s.oauth(d).DeviceAuth(ctx, s.secretParam()...)
		return err
	})
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if refused.ErrorCode == "unauthorized_client" {
			return auth.DeviceAttempt{}, fmt.Errorf("the provider does not allow it for this client: %w", auth.ErrNoDevices)
		}
		return auth.DeviceAttempt{}, fmt.Errorf("the provider begins no device authorization, it answers %s %s: %w", refused.Response.Status, shown(refused.ErrorCode), auth.ErrUnavailable)
	}
	if err != nil {
		return auth.DeviceAttempt{}, fmt.Errorf("asking the provider for a device authorization: %w: %w", withoutAnswer(err), auth.ErrUnavailable)
	}
	return s.deviceAttempt(got)
}

// secretParam returns the secret as a parameter, if there is one.
func (s *SignIn) secretParam() []oauth2.AuthCodeOption {
	if s.config.ClientSecret == "" {
		return nil
	}
	return []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("client_secret", s.config.ClientSecret)}
}

// maxUserCode bounds what a user has to type, in bytes.
const maxUserCode = 64

func (s *SignIn) deviceAttempt(got *oauth2.DeviceAuthResponse) (auth.DeviceAttempt, error) {
	a := auth.DeviceAttempt{
		DeviceCode: got.DeviceCode, UserCode: got.UserCode, VerificationURI: got.VerificationURI, CompleteURI: got.VerificationURIComplete,
		Expires: maxDeviceTime, Interval: defaultInterval,
	}
	if !got.Expiry.IsZero() {
		a.Expires = min(time.Until(got.Expiry), maxDeviceTime) // the module has used the machine's clock
	}
	if got.Interval > 0 {
		a.Interval = min(time.Duration(min(got.Interval, int64(maxInterval/time.Second)))*time.Second, maxInterval)
	}
	if a.DeviceCode == "" || a.UserCode == "" || len(a.UserCode) > maxUserCode || strings.ContainsFunc(a.UserCode, unicode.IsControl) || a.Expires <= 0 {
		return auth.DeviceAttempt{}, fmt.Errorf("the provider's device authorization has no codes that can be used: %w", auth.ErrUnavailable)
	}
	for what, address := range map[string]string{"its verification_uri": a.VerificationURI, "its verification_uri_complete": a.CompleteURI} {
		if address == "" && what != "its verification_uri" {
			continue
		}
		if err := checkEndpoint(what, address, s.config.AllowPlain); err != nil {
			return auth.DeviceAttempt{}, fmt.Errorf("the provider's device authorization: %w: %w", err, auth.ErrUnavailable)
		}
	}
	return a, nil
}

// FinishDevice implements auth.DeviceSignIn.
func (s *SignIn) FinishDevice(ctx context.Context, deviceCode string) (auth.User, error) {
	d, err := s.provider.describe(ctx)
	if err != nil {
		return auth.User{}, err
	}
	config := s.oauth(d)
	config.RedirectURL = ""
	tokens, err := s.exchange(ctx, config, "", oauth2.SetAuthURLParam("grant_type", deviceGrant), oauth2.SetAuthURLParam("device_code", deviceCode))
	if err != nil {
		return auth.User{}, err
	}
	return s.userOf(ctx, d, tokens, "")
}
