package password

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// maxIterations is the most that a stored PBKDF2 hash may demand; Django of 2026
// uses a million.
const maxIterations = 5_000_000

// pbkdf2Hash is a parsed hash of Django, "pbkdf2_sha256$iterations$salt$key".
type pbkdf2Hash struct {
	iterations int
	salt       string
	key        []byte
}

func isPBKDF2(text string) bool { return strings.HasPrefix(text, "pbkdf2_sha256$") }

func parsePBKDF2(text string) (pbkdf2Hash, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 4 || parts[0] != "pbkdf2_sha256" {
		return pbkdf2Hash{}, errHash
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil || n < 1 || n > maxIterations || parts[2] == "" {
		return pbkdf2Hash{}, errHash
	}
	key, err := base64.StdEncoding.Strict().DecodeString(parts[3])
	if err != nil || len(key) != sha256.Size {
		return pbkdf2Hash{}, errHash
	}
	return pbkdf2Hash{iterations: n, salt: parts[2], key: key}, nil
}

// matches takes a time that grows with the iterations.
func (h pbkdf2Hash) matches(password string) (bool, error) {
	key, err := pbkdf2.Key(sha256.New, password, []byte(h.salt), h.iterations, sha256.Size)
	if err != nil {
		return false, fmt.Errorf("checking a password against Django's hash: %w", err)
	}
	return equal(key, h.key), nil
}
