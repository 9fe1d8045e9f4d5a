package auth

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
)

// maxIterations is the most that a stored Django hash may demand; Django of
// 2026 uses a million.
const maxIterations = 5_000_000

// djangoHash is a parsed hash of Django, "pbkdf2_sha256$iterations$salt$key".
type djangoHash struct {
	iterations int
	salt       string
	key        []byte
}

func parseDjangoHash(text string) (djangoHash, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 4 || parts[0] != "pbkdf2_sha256" {
		return djangoHash{}, errHash
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil || n < 1 || n > maxIterations || parts[2] == "" {
		return djangoHash{}, errHash
	}
	key, err := base64.StdEncoding.Strict().DecodeString(parts[3])
	if err != nil || len(key) != sha256.Size {
		return djangoHash{}, errHash
	}
	return djangoHash{iterations: n, salt: parts[2], key: key}, nil
}

func (h djangoHash) derive(password string) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, []byte(h.salt), h.iterations, sha256.Size)
}

// CheckHash returns an error if no password can be checked against a stored
// hash. An empty hash is valid: it stands for no password.
func CheckHash(hash string) error {
	if hash == "" {
		return nil
	}
	if _, err := parseDjangoHash(hash); err == nil {
		return nil
	}
	_, err := parseHash(hash)
	return err
}
