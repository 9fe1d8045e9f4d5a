package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/auth/jwt"
)

// keyring is the jwt.Keyring of a [Store].
type keyring struct {
	store *Store

	loading sync.Mutex // held while a snapshot is loaded
	mu      sync.RWMutex
	current keySnapshot
}

var _ jwt.Keyring = (*keyring)(nil)

// keySnapshot holds all keys as of a revision. It is never modified.
type keySnapshot struct {
	revision int64
	signing  jwt.Key // its ID is empty if there is no key yet
	all      map[string]jwt.Key
}

func (k *keyring) snapshot() (keySnapshot, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.current, k.store.health.err(k.store.clock.Now())
}

// SigningKey implements jwt.Keyring.
func (k *keyring) SigningKey(ctx context.Context) (jwt.Key, error) {
	c, err := k.snapshot()
	if err != nil || c.signing.ID != "" {
		return c.signing, err
	}
	fresh := jwt.NewKey(k.store.clock.Now())
	err = k.store.change(ctx, keys, func(ctx context.Context, tx *sql.Tx, _ int64) error {
		now, err := readKeys(ctx, tx)
		if err != nil || now.signing.ID != "" { // another process was faster
			fresh = now.signing
			return err
		}
		return insertKey(ctx, tx, fresh)
	})
	if err != nil {
		return jwt.Key{}, fmt.Errorf("creating a key: %w", err)
	}
	return fresh, nil
}

// Key implements jwt.Keyring.
func (k *keyring) Key(ctx context.Context, id string) (jwt.Key, error) {
	c, err := k.snapshot()
	if err != nil {
		return jwt.Key{}, err
	}
	key, ok := c.all[id]
	if !ok {
		k.store.catchUp(ctx)
		if c, err = k.snapshot(); err != nil {
			return jwt.Key{}, err
		}
		key, ok = c.all[id]
	}
	if !ok {
		return jwt.Key{}, jwt.ErrUnknownKey
	}
	return key, nil
}

// Rotate implements jwt.Keyring.
func (k *keyring) Rotate(ctx context.Context, keep time.Duration) (jwt.Key, error) {
	now := k.store.clock.Now()
	fresh := jwt.NewKey(now)
	err := k.store.change(ctx, keys, func(ctx context.Context, tx *sql.Tx, _ int64) error {
		if err := exec(ctx, tx, `DELETE FROM signing_keys WHERE superseded < $1`, micros(now.Add(-keep))); err != nil {
			return err
		}
		if err := exec(ctx, tx, `UPDATE signing_keys SET superseded = $1 WHERE superseded IS NULL`, micros(now)); err != nil {
			return err
		}
		return insertKey(ctx, tx, fresh)
	})
	return fresh, err
}

func insertKey(ctx context.Context, tx *sql.Tx, key jwt.Key) error {
	return exec(ctx, tx, `INSERT INTO signing_keys (id, secret, created) VALUES ($1, $2, $3)`,
		key.ID, base64.StdEncoding.EncodeToString(key.Secret), micros(key.Created))
}

func readKeys(ctx context.Context, q queryer) (keySnapshot, error) {
	c := keySnapshot{all: make(map[string]jwt.Key)}
	err := forEach(ctx, q, func(rows *sql.Rows) error {
		var key jwt.Key
		var secret string
		var created int64
		var signs bool
		if err := rows.Scan(&key.ID, &secret, &created, &signs); err != nil {
			return err
		}
		var err error
		if key.Secret, err = base64.StdEncoding.DecodeString(secret); err != nil || jwt.CheckKey(key.Secret) != nil {
			return errors.New("a signing key in the database is damaged: remove it from the table signing_keys")
		}
		key.Created = fromMicros(created)
		c.all[key.ID] = key
		if signs {
			c.signing = key
		}
		return nil
	}, `SELECT id, secret, created, superseded IS NULL FROM signing_keys ORDER BY created, id`)
	return c, err
}

// reload loads a new snapshot if revision is newer than that of the current one.
func (k *keyring) reload(ctx context.Context, revision int64) error {
	k.loading.Lock()
	defer k.loading.Unlock()
	if revision <= k.current.revision {
		return nil
	}
	fresh, err := readKeys(ctx, k.store.db)
	if err != nil {
		return err
	}
	fresh.revision = revision
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current = fresh
	return nil
}
