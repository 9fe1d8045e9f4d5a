// Package seal encrypts small values that somebody outside keeps for a while, such as a
// browser in a cookie: whoever has the key can open them again, nobody else can read or
// change them, and they end.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// MaxBytes is the length of the longest text that is opened: browsers keep no longer
// cookies.
const MaxBytes = 4000

// The errors of [Open].
var (
	ErrBroken  = errors.New("it was not sealed here, or was changed since")
	ErrExpired = errors.New("it has expired")
)

// content is what is encrypted.
type content struct {
	Until int64           `json:"u"` // Unix time in milliseconds
	Value json.RawMessage `json:"v"`
}

// Seal returns a value as a text of the characters A-Z a-z 0-9 - _. The same secret and
// purpose open it, until the given time. A value that does not fit into MaxBytes is an
// error.
func Seal(secret []byte, purpose string, value any, until time.Time) (string, error) {
	aead, err := newAEAD(secret, purpose)
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("sealing: %w", err)
	}
	plain, err := json.Marshal(content{until.UnixMilli(), raw})
	if err != nil {
		return "", fmt.Errorf("sealing: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(aead.Seal(nil, nil, plain, nil))
	if len(text) > MaxBytes {
		return "", fmt.Errorf("sealing: %d bytes are more than %d", len(text), MaxBytes)
	}
	return text, nil
}

// Open reads what Seal has returned into value. The error is ErrBroken or ErrExpired.
func Open(secret []byte, purpose, text string, value any, now time.Time) error {
	if len(text) > MaxBytes || strings.ContainsAny(text, "\r\n") { // which the decoder would skip
		return ErrBroken
	}
	aead, err := newAEAD(secret, purpose)
	if err != nil {
		return err
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return ErrBroken
	}
	plain, err := aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return ErrBroken
	}
	var c content
	if json.Unmarshal(plain, &c) != nil {
		return ErrBroken
	}
	if !now.Before(time.UnixMilli(c.Until)) {
		return ErrExpired
	}
	if json.Unmarshal(c.Value, value) != nil {
		return ErrBroken
	}
	return nil
}

// newAEAD derives the key of a purpose, so that what was sealed for one cannot be used
// for another. The nonce is random and part of the text.
func newAEAD(secret []byte, purpose string) (cipher.AEAD, error) {
	if len(secret) < 16 {
		return nil, errors.New("sealing needs a secret of 16 bytes or more")
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "loved seal "+purpose, 32)
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}
