package jwt

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love/auth"
)

// minKeyBytes is the length of the shortest key that HS256 is meant for.
const minKeyBytes = 32

// CheckKey returns an error if a signing key is too short to be safe.
func CheckKey(key []byte) error {
	if len(key) < minKeyBytes {
		return fmt.Errorf("the secret key is shorter than %d bytes: choose a longer, random one, or tokens can be forged", minKeyBytes)
	}
	return nil
}

// Key signs tokens.
type Key struct {
	ID      string // as in the header of a token
	Secret  []byte
	Created time.Time
}

// NewKey makes a random key.
func NewKey(now time.Time) Key { return KeyOf(random(minKeyBytes), now) }

// KeyOf returns a key with the given secret. Its ID is derived from the secret
// without revealing it.
func KeyOf(secret []byte, created time.Time) Key {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("id of a token key"))
	return Key{ID: hex.EncodeToString(mac.Sum(nil)[:8]), Secret: slices.Clone(secret), Created: created}
}

// ErrUnknownKey means that no key has the ID, or that it was dropped.
var ErrUnknownKey = errors.New("unknown key")

// Keyring holds the keys that sign tokens. Every implementation must be safe for
// concurrent use and pass lovetest.RunKeyring.
type Keyring interface {
	// SigningKey returns the key that signs new tokens, and makes one the first time.
	SigningKey(ctx context.Context) (Key, error)
	// Key returns the accepted key of that ID. The error wraps ErrUnknownKey if
	// there is none.
	Key(ctx context.Context, id string) (Key, error)
	// Rotate makes a new signing key. Older keys are accepted for keep after
	// they last signed; keep should be a token's lifetime.
	Rotate(ctx context.Context, keep time.Duration) (Key, error)
}

// fixedKeys is the keyring of a key given by configuration.
type fixedKeys struct {
	signing Key
	old     []Key
}

func (k *fixedKeys) SigningKey(context.Context) (Key, error) { return k.signing, nil }

func (k *fixedKeys) Key(_ context.Context, id string) (Key, error) {
	if id == k.signing.ID {
		return k.signing, nil
	}
	for _, old := range k.old {
		if id == old.ID {
			return old, nil
		}
	}
	return Key{}, ErrUnknownKey
}

func (*fixedKeys) Rotate(context.Context, time.Duration) (Key, error) {
	return Key{}, auth.ErrFixedKey
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return b
}
