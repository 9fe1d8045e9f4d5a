package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

const (
	// keysFresh is how long keys are taken before they are read again.
	keysFresh = time.Hour
	// keysRetry is the least time between two reads: a token with an unknown key, which
	// anybody can make, causes one.
	keysRetry = 10 * time.Second
	// keysStale is how long keys are taken that cannot be read again.
	keysStale = 24 * time.Hour
	// maxKeys is how many keys of a set are taken.
	maxKeys = 100
)

// algorithms are those that a token may be signed with. All have a public key: a secret
// that is shared would let those who verify make tokens, too.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// algorithmNames are the algorithms as texts.
func algorithmNames() (names []string) {
	for _, a := range algorithms {
		names = append(names, string(a))
	}
	return names
}

var (
	errSignature  = errors.New("the signature is wrong")
	errUnknownKey = errors.New("it is signed with a key that the issuer does not have")
)

// keySet holds the public keys of an issuer, and reads them when they are needed. It is
// safe for concurrent use.
type keySet struct {
	asker *asker
	clock love.Clock
	// address returns the URL of the keys.
	address func(context.Context) (string, error)

	reading chan struct{} // held while the keys are read

	mu    sync.Mutex
	keys  []jose.JSONWebKey
	read  time.Time // when they were read
	tried time.Time // when that was tried last
	err   error     // of the last try
}

func newKeySet(a *asker, clock love.Clock, address func(context.Context) (string, error)) *keySet {
	return &keySet{asker: a, clock: clock, address: address, reading: make(chan struct{}, 1)}
}

// verify returns the payload of a token if one of the keys has signed it. The error wraps
// auth.ErrUnavailable if the keys cannot be read.
func (k *keySet) verify(ctx context.Context, token *jose.JSONWebSignature) ([]byte, error) {
	if len(token.Signatures) != 1 {
		return nil, errSignature
	}
	keys, err := k.current(ctx)
	if err != nil {
		return nil, err
	}
	candidates := fitting(keys, token.Signatures[0].Header)
	if len(candidates) == 0 { // the issuer may have a new one
		if keys, err = k.again(ctx, k.clock.Now().Add(-keysRetry)); err != nil {
			return nil, err
		}
		candidates = fitting(keys, token.Signatures[0].Header)
	}
	if len(candidates) == 0 {
		return nil, errUnknownKey
	}
	for _, key := range candidates {
		if payload, err := token.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, errSignature
}

// current returns the keys, read within keysFresh if that is possible.
func (k *keySet) current(ctx context.Context) ([]jose.JSONWebKey, error) {
	k.mu.Lock()
	keys, read := k.keys, k.read
	k.mu.Unlock()
	now := k.clock.Now()
	if keys != nil && now.Before(read.Add(keysFresh)) {
		return keys, nil
	}
	return k.again(ctx, now.Add(-keysRetry))
}

// again reads the keys, unless that was tried after a time. Keys that were read
// before are good enough if they cannot be read now.
func (k *keySet) again(ctx context.Context, after time.Time) ([]jose.JSONWebKey, error) {
	select {
	case k.reading <- struct{}{}:
		defer func() { <-k.reading }()
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the issuer's keys: %w: %w", ctx.Err(), auth.ErrUnavailable)
	}
	k.mu.Lock()
	due := !k.tried.After(after) || k.tried.After(k.clock.Now()) // the clock was set back
	k.mu.Unlock()
	if due {
		// Others wait for it, whoever asked first.
		keys, err := k.fetch(context.WithoutCancel(ctx))
		k.mu.Lock()
		k.tried, k.err = k.clock.Now(), err
		if err == nil {
			k.keys, k.read = keys, k.tried
		}
		k.mu.Unlock()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil || k.err != nil && !k.clock.Now().Before(k.read.Add(keysStale)) {
		return nil, fmt.Errorf("the issuer's keys cannot be read: %w: %w", k.err, auth.ErrUnavailable)
	}
	return k.keys, nil
}

func (k *keySet) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	address, err := k.address(ctx)
	if err != nil {
		return nil, err
	}
	body, err := k.asker.get(ctx, address)
	if err != nil {
		return nil, err
	}
	return parseKeys(body)
}

// parseKeys returns those keys of a JSON Web Key Set that can verify signatures. Without
// any it is an error.
func parseKeys(body []byte) (keys []jose.JSONWebKey, err error) {
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("the answer is not a set of keys: %w", err)
	}
	for _, raw := range set.Keys[:min(len(set.Keys), maxKeys)] {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil && usable(key) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the answer has no key that can verify signatures (RSA, EC or Ed25519)")
	}
	return keys, nil
}

// usable reports whether a key may verify signatures. One that is short can be broken, and
// one that is very long costs too much.
func usable(key jose.JSONWebKey) bool {
	if !key.Valid() || key.Use != "" && key.Use != "sig" {
		return false
	}
	switch public := key.Key.(type) {
	case *rsa.PublicKey:
		return public.N.BitLen() >= 2048 && public.N.BitLen() <= 8192 && public.E <= 1<<31-1
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return true
	}
	return false
}

// fitting returns the keys that a token with that header may be signed with.
func fitting(keys []jose.JSONWebKey, header jose.Header) (some []jose.JSONWebKey) {
	for _, k := range keys {
		if (header.KeyID == "" || k.KeyID == header.KeyID) && (k.Algorithm == "" || k.Algorithm == header.Algorithm) {
			some = append(some, k)
		}
	}
	return some
}
