package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/rubin-love/love-go/internal/mask"
	"github.com/rubin-love/love-go/internal/outage"
)

func maskAddress(address string) string { return mask.Address(address) }

// status is how the broker is doing.
type status struct {
	b   *Broker
	log *outage.Log

	mu        sync.Mutex
	failure   error // why there is no connection
	since     time.Time
	full      error // why Redis takes no values
	connected int   // times
}

var errConnecting = errors.New("no answer of Redis yet")

func (s *status) init(b *Broker) {
	s.b, s.failure, s.since = b, errConnecting, time.Now()
	s.log = outage.New(b.Logger, slog.LevelError, "Redis cannot be used: delivery to the sessions of this manager goes on, other managers get nothing", "Redis can be used again")
}

func (s *status) failed(err error) {
	s.mu.Lock()
	if s.failure == nil || errors.Is(s.failure, errConnecting) {
		s.since = time.Now()
	}
	s.failure = err
	s.mu.Unlock()
	s.log.Failed(time.Now(), err, "address", s.b.address)
}

func (s *status) ok(cluster bool) {
	s.mu.Lock()
	s.failure = nil
	s.connected++
	first := s.connected == 1
	s.mu.Unlock()
	s.log.Succeeded(time.Now())
	if first {
		s.b.Logger.Info("connected to Redis", "address", s.b.address, "cluster", cluster, "manager", s.b.Name)
	}
}

// setFull notes that Redis takes no values, or with nil that it does again. It reports
// whether that is new.
func (s *status) setFull(err error) (changed bool) {
	s.mu.Lock()
	changed = (s.full == nil) != (err == nil)
	s.full = err
	s.mu.Unlock()
	switch {
	case changed && err != nil:
		s.b.Logger.Error("Redis is full: messages are delivered, but last values are not shared", "error", err)
	case changed:
		s.b.Logger.Info("Redis takes last values again")
	}
	return changed
}

func (s *status) reconnects() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint64(max(s.connected-1, 0))
}

func (s *status) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.failure != nil:
		return fmt.Errorf("other managers get nothing since %s: %w", s.since.UTC().Format(time.RFC3339), s.failure)
	case s.full != nil:
		return fmt.Errorf("last values are not shared with other managers: %w", s.full)
	}
	return nil
}

// explain says what an error of Redis means, and what to do.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no answer in time: see whether Redis hangs, and whether the address must begin with rediss:// (TLS) or redis:// (%w)", err)
	}
	answer, isRedis := rueidis.IsRedisErr(err)
	if !isRedis {
		return err
	}
	text := answer.Error()
	for prefix, meaning := range map[string]string{
		"WRONGPASS": "Redis refuses the password: set REDIS_PASS, or the password in --broker, to that of the server",
		"NOAUTH":    "Redis wants a password: set REDIS_PASS, or a password in --broker",
		"NOPERM":    "the user of Redis lacks a permission: allow it all commands for the keys and channels of the prefix",
		"READONLY":  "this Redis is a replica: give the address of its master, or of the sentinels",
		"LOADING":   "Redis is reading its data",
		"OOM":       "Redis is full: give it more memory (maxmemory)",
	} {
		if strings.HasPrefix(text, prefix) {
			return fmt.Errorf("%s (%w)", meaning, err)
		}
	}
	return err
}
