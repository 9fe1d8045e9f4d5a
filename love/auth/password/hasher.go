package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/rubin-love/love-go/love/auth"
)

// Hasher hashes passwords and checks them, a few at a time: each hash costs
// memory and processor time on purpose, so a storm of log-ins queues here and
// starves nothing else. It is safe for concurrent use. All users of a process
// should share one.
type Hasher struct {
	memoryKiB uint32
	passes    uint32
	semaphore chan struct{} // full while as many hashes are computed as may be
	queue     int32         // how many may wait
	waiting   atomic.Int32
	decoy     argon2Hash // computed where there is no hash to compare with
}

var _ auth.Passwords = (*Hasher)(nil)

// Option changes a default of a [Hasher].
type Option func(*Hasher)

// WithCost sets what one hash costs: memory in KiB, and passes over it. Default:
// 19 MiB and 2 passes, the least that OWASP recommends. Tests use less. Hashes
// made with another cost stay valid, and are renewed at log-in.
func WithCost(memoryKiB, passes uint32) Option {
	return func(h *Hasher) { h.memoryKiB, h.passes = memoryKiB, passes }
}

// WithWorkers sets how many hashes are computed at the same time. Default: half
// of the processors, at least one.
func WithWorkers(n int) Option {
	return func(h *Hasher) { h.semaphore = make(chan struct{}, max(1, n)) }
}

// WithQueue sets how many may wait for their hash; the next one is refused with
// auth.ErrUnavailable. Default: 200, some seconds of waiting.
func WithQueue(n int) Option {
	return func(h *Hasher) { h.queue = int32(n) }
}

// New makes a hasher.
func New(opts ...Option) *Hasher {
	h := &Hasher{memoryKiB: 19 << 10, passes: 2, queue: 200}
	WithWorkers(runtime.GOMAXPROCS(0) / 2)(h)
	for _, o := range opts {
		o(h)
	}
	h.decoy = argon2Hash{h.memoryKiB, h.passes, random(saltBytes), random(keyBytes)}
	return h
}

// Hash implements auth.Passwords. The hash is a text in the format of the argon2
// reference, "$argon2id$v=19$m=…,t=…,p=1$salt$key". The error is ctx's, or wraps
// auth.ErrUnavailable when too many wait already.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	fresh := argon2Hash{memoryKiB: h.memoryKiB, passes: h.passes, salt: random(saltBytes)}
	fresh.key = fresh.derive(password)
	return fresh.String(), nil
}

// Check implements auth.Passwords. It always computes one argon2id hash, and a
// PBKDF2 hash of at least legacyCost iterations, so that the time reveals neither
// the kind of the stored hash nor whether there is one. The error is as for Hash,
// or says that the stored hash is damaged.
func (h *Hasher) Check(ctx context.Context, hash, password string, legacyCost int) (bool, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	stored, legacy := h.decoy, pbkdf2Hash{}
	isLegacy := isPBKDF2(hash)
	switch {
	case isLegacy:
		legacy, err = parsePBKDF2(hash)
	case hash != "":
		stored, err = parseArgon2(hash)
	}
	if err != nil {
		return false, err
	}
	right := stored.matches(password)
	if isLegacy {
		if right, err = legacy.matches(password); err != nil {
			return false, err
		}
	}
	rest := pbkdf2Hash{iterations: legacyCost - legacy.iterations, salt: "decoy"}
	if rest.iterations > 0 {
		if _, err := rest.matches(password); err != nil {
			return false, err
		}
	}
	return right && hash != "", nil
}

// LegacyCost implements auth.Passwords: it is the iterations of a Django hash.
func (*Hasher) LegacyCost(hash string) int {
	legacy, err := parsePBKDF2(hash)
	if err != nil {
		return 0
	}
	return legacy.iterations
}

// Outdated implements auth.Passwords.
func (h *Hasher) Outdated(hash string) bool {
	stored, err := parseArgon2(hash)
	return err != nil || stored.memoryKiB != h.memoryKiB || stored.passes != h.passes
}

// acquire waits until a hash may be computed; release lets the next one begin.
func (h *Hasher) acquire(ctx context.Context) (release func(), err error) {
	defer h.waiting.Add(-1)
	if h.waiting.Add(1) > h.queue {
		return nil, fmt.Errorf("too many passwords are being checked: %w", auth.ErrUnavailable)
	}
	select {
	case h.semaphore <- struct{}{}:
		return func() { <-h.semaphore }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to check a password: %w", ctx.Err())
	}
}

var errHash = errors.New("the stored password hash is damaged or of an unknown kind: set the user's password again")

// CheckHash returns an error if no password can be checked against a stored
// hash. An empty hash is valid: it stands for no password.
func CheckHash(hash string) error {
	var err error
	switch {
	case hash == "":
	case isPBKDF2(hash):
		_, err = parsePBKDF2(hash)
	default:
		_, err = parseArgon2(hash)
	}
	return err
}

func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return b
}
