package redis

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/rubin-love/love-go/internal/mask"
)

// Options are the settings of a [Broker]. The zero value of each is its default.
type Options struct {
	// Username and Password are the credentials, if the address has none.
	Username, Password string
	// TLS is the configuration for a rediss:// address. Default: the system's roots.
	TLS *tls.Config
	// Prefix begins the names of all channels and keys: give deployments that share a
	// Redis different ones. Channels do not belong to a database of Redis, so its number is
	// not enough. Default: "love".
	Prefix string
	// Name is this manager's, for the others. Default: its origin, a random number.
	Name string
	// Logger gets what fails and recovers. Default: none.
	Logger *slog.Logger

	// QueueBytes bounds what waits while Redis is away or slow. Default: 64 MiB.
	QueueBytes int
	// FlushInterval is the least time between two transactions: what is published meanwhile
	// travels together, which saves half of what Redis costs. At most 100 ms. Default:
	// 300 µs.
	FlushInterval time.Duration
	// Timeout is how long Redis may take to connect and to answer before it counts as away.
	// Default: 3 s.
	Timeout time.Duration
	// Beat is the interval between the signs of life of a manager. Default: 1 s.
	Beat time.Duration
	// DeadAfter is after how long without a sign of life the sources of a manager count as
	// gone. Default: 5 s.
	DeadAfter time.Duration
	// Linger is for how long a manager stays subscribed to what its sessions no longer
	// want: a screen that changes its view often comes back. Default: 10 s.
	Linger time.Duration
	// Expiry is how long Redis keeps the last values of components none of whose sources is
	// connected any more. Default: 24 h.
	Expiry time.Duration
}

func (o Options) withDefaults() Options {
	o.Prefix = cmp.Or(o.Prefix, "love")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.QueueBytes = cmp.Or(o.QueueBytes, 64<<20)
	o.FlushInterval = cmp.Or(o.FlushInterval, 300*time.Microsecond)
	o.Timeout = cmp.Or(o.Timeout, 3*time.Second)
	o.Beat = cmp.Or(o.Beat, time.Second)
	o.DeadAfter = cmp.Or(o.DeadAfter, 5*o.Beat)
	o.Linger = cmp.Or(o.Linger, 10*time.Second)
	o.Expiry = cmp.Or(o.Expiry, 24*time.Hour)
	return o
}

func (o Options) check() error {
	for name, d := range map[string]time.Duration{
		"FlushInterval": o.FlushInterval, "Timeout": o.Timeout, "Beat": o.Beat, "DeadAfter": o.DeadAfter, "Linger": o.Linger, "Expiry": o.Expiry,
	} {
		if d < 0 {
			return fmt.Errorf("redis.Options.%s is %v: give a time above 0, or 0 for the default", name, d)
		}
	}
	if o.QueueBytes < 0 {
		return fmt.Errorf("redis.Options.QueueBytes is %d: give a number above 0, or 0 for the default", o.QueueBytes)
	}
	if strings.ContainsAny(o.Prefix, "{}") {
		return fmt.Errorf("redis.Options.Prefix is %q: it may not have braces", o.Prefix)
	}
	if o.withDefaults().DeadAfter <= o.withDefaults().Beat {
		return errors.New("redis.Options.DeadAfter must be longer than Beat: give at least three times as long")
	}
	return nil
}

// isAddress reports whether an address says where Redis is. Without a host it would be one
// on this machine, which is hardly what somebody meant who forgot the slashes.
func isAddress(u *url.URL) bool {
	switch u.Scheme {
	case "redis", "rediss":
		return u.Host != ""
	case "unix":
		return u.Path != ""
	}
	return false
}

// client returns the settings of the connection to an address.
func (o Options) client(address string) (c rueidis.ClientOption, err error) {
	u, err := url.Parse(address)
	if err != nil || !isAddress(u) {
		return c, fmt.Errorf("the address of Redis, %q, must be like redis://host:6379, rediss://… with TLS, or unix:///path", mask.Address(address))
	}
	if c, err = rueidis.ParseURL(address); err != nil { // its text may have a secret
		return c, fmt.Errorf("the address of Redis, %q, must have nothing but the number of a database behind the host, or ?addr=HOST:PORT&…", mask.Address(address))
	}
	c.Username, c.Password = cmp.Or(c.Username, o.Username), cmp.Or(c.Password, o.Password)
	if o.TLS != nil && c.TLSConfig != nil {
		config := o.TLS.Clone()
		config.ServerName = cmp.Or(config.ServerName, c.TLSConfig.ServerName)
		c.TLSConfig = config
	}
	c.Sentinel.Username, c.Sentinel.Password = c.Username, c.Password
	c.Dialer.Timeout, c.ConnWriteTimeout = o.Timeout, o.Timeout
	c.DisableCache, c.DisableRetry = true, true
	c.ClientName = "loved"
	c.PipelineMultiplex = -1 // one connection besides the two that are ours
	c.ClientSetInfo = rueidis.DisableClientSetInfo
	return c, nil
}
