package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

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

// Passwords hashes passwords with argon2id and checks them, a few at a time:
// each hash costs memory and processor time on purpose, so a storm of log-ins
// queues here and starves nothing else. It is safe for concurrent use. Stores
// of users share one.
type Passwords struct {
	memoryKiB uint32
	passes    uint32
	slots     chan struct{}
	queue     int32 // how many may wait
	waiting   atomic.Int32
	decoy     string
}

// PasswordsOption changes a default of [Passwords].
type PasswordsOption func(*Passwords)

// WithPasswordCost sets what one hash costs: memory in KiB, and passes over
// it. Default: 19 MiB and 2 passes, the least that OWASP recommends. Tests use
// less. Hashes made with another cost stay valid, and are renewed at log-in.
func WithPasswordCost(memoryKiB, passes uint32) PasswordsOption {
	return func(p *Passwords) { p.memoryKiB, p.passes = memoryKiB, passes }
}

// WithPasswordWorkers sets how many hashes are computed at the same time.
// Default: half of the processors, at least one.
func WithPasswordWorkers(n int) PasswordsOption {
	return func(p *Passwords) { p.slots = make(chan struct{}, max(1, n)) }
}

// WithPasswordQueue sets how many may wait for their hash; the next one is
// refused with ErrUnavailable. Default: 200, some seconds of waiting.
func WithPasswordQueue(n int) PasswordsOption {
	return func(p *Passwords) { p.queue = int32(n) }
}

// NewPasswords makes the hasher.
func NewPasswords(opts ...PasswordsOption) *Passwords {
	p := &Passwords{memoryKiB: 19 << 10, passes: 2, queue: 200}
	WithPasswordWorkers(runtime.GOMAXPROCS(0) / 2)(p)
	for _, o := range opts {
		o(p)
	}
	p.decoy = hashed{p.memoryKiB, p.passes, random(saltBytes), random(keyBytes)}.String()
	return p
}

// Hash returns what to store in place of a password: a text in the format of
// the argon2 reference, "$argon2id$v=19$m=…,t=…,p=1$salt$key". The error is
// ctx's, or wraps ErrUnavailable when too many wait already.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	release, err := p.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	h := hashed{memoryKiB: p.memoryKiB, passes: p.passes, salt: random(saltBytes)}
	h.key = h.derive(password)
	return h.String(), nil
}

// Check reports whether the password is the one that was hashed, here or by
// Django (pbkdf2_sha256). An empty hash stands for a user that does not exist:
// no password fits, and finding out takes as long as for a user that does. The
// error is as for Hash, or says that the stored hash is damaged.
func (p *Passwords) Check(ctx context.Context, hash, password string) (bool, error) {
	return p.check(ctx, hash, password, 0)
}

// check computes one argon2id hash and, if legacy is not zero, also a Django
// hash, whichever kind the stored one is, so that the time does not reveal the
// kind.
func (p *Passwords) check(ctx context.Context, hash, password string, legacy int) (bool, error) {
	release, err := p.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	django := djangoHash{iterations: legacy, salt: "none", key: make([]byte, keyBytes)}
	modern, err := parseHash(p.decoy)
	if err != nil {
		return false, err
	}
	isDjango := strings.HasPrefix(hash, "pbkdf2_sha256$")
	switch {
	case isDjango:
		django, err = parseDjangoHash(hash)
	case hash != "":
		modern, err = parseHash(hash)
	}
	if err != nil {
		return false, err
	}
	right := subtle.ConstantTimeCompare(modern.derive(password), modern.key) == 1
	if django.iterations > 0 {
		key, err := django.derive(password)
		if err != nil {
			return false, fmt.Errorf("checking a password against Django's hash: %w", err)
		}
		if isDjango {
			right = subtle.ConstantTimeCompare(key, django.key) == 1
		}
	}
	return right && hash != "", nil
}

// outdated reports whether a hash was made in another way than Hash makes them now.
func (p *Passwords) outdated(hash string) bool {
	h, err := parseHash(hash)
	return err != nil || h.memoryKiB != p.memoryKiB || h.passes != p.passes
}

// acquire waits until a hash may be computed; release lets the next one begin.
func (p *Passwords) acquire(ctx context.Context) (release func(), err error) {
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > p.queue {
		return nil, fmt.Errorf("too many passwords are being checked: %w", ErrUnavailable)
	}
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to check a password: %w", ctx.Err())
	}
}

// hashed is a parsed argon2id hash.
type hashed struct {
	memoryKiB, passes uint32
	salt, key         []byte
}

func (h hashed) derive(password string) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.passes, h.memoryKiB, 1, keyBytes)
}

func (h hashed) String() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, h.memoryKiB, h.passes,
		enc.EncodeToString(h.salt), enc.EncodeToString(h.key))
}

var errHash = errors.New("the stored password hash is damaged or of an unknown kind: set the user's password again")

func parseHash(text string) (hashed, error) {
	var h hashed
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

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return b
}
