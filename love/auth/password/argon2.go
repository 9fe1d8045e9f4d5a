package password

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The sizes of the salt and the key of argon2id, in bytes.
const (
	saltBytes = 16
	keyBytes  = 32
)

// The most that a stored hash may demand, so that a forged one in a database
// cannot exhaust the machine.
const (
	maxMemoryKiB = 1 << 20
	maxPasses    = 64
)

// argon2Hash is a parsed argon2id hash.
type argon2Hash struct {
	memoryKiB, passes uint32
	salt, key         []byte
}

func (h argon2Hash) matches(password string) bool { return equal(h.derive(password), h.key) }

func (h argon2Hash) derive(password string) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.passes, h.memoryKiB, 1, keyBytes)
}

func (h argon2Hash) String() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, h.memoryKiB, h.passes,
		enc.EncodeToString(h.salt), enc.EncodeToString(h.key))
}

func parseArgon2(text string) (argon2Hash, error) {
	var h argon2Hash
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &h.memoryKiB, &h.passes); err != nil {
		return h, errHash
	}
	enc := base64.RawStdEncoding.Strict()
	var errSalt, errKey error
	h.salt, errSalt = enc.DecodeString(parts[4])
	h.key, errKey = enc.DecodeString(parts[5])
	if errSalt != nil || errKey != nil || len(h.salt) < 8 || len(h.key) != keyBytes ||
		h.memoryKiB == 0 || h.memoryKiB > maxMemoryKiB || h.passes == 0 || h.passes > maxPasses ||
		h.String() != text { // Sscanf is lenient: signs, spaces, a tail
		return h, errHash
	}
	return h, nil
}
