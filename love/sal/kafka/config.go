package kafka

import (
	"crypto/tls"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/mask"
)

// Config describes where the observatory's bus is and how to connect to it. All
// fields but SubName have a default, for which the zero value stands.
type Config struct {
	// SubName is the second part of topic names: "sal" in operation, anything else for
	// tests. Letters, digits and underscores. Required.
	SubName string
	// Brokers to connect to first, HOST:PORT. Default: broker:29092.
	Brokers []string
	// Registry is the URL of the schema registry. Default:
	// http://schema-registry:8081.
	Registry string

	// Security of connections to brokers.
	Security Security

	// Replication of topics that the bus creates. Default: 1.
	Replication int
	// Acks selects the replicas that must have a sample before it counts as
	// written. Default: the leader.
	Acks Acks
	// DeliveryTimeout is the longest time that writing a sample may take, announcing its
	// topic included, at least one second. Default: 10 s.
	DeliveryTimeout time.Duration

	// History is the number of samples of an event to look back for the newest of
	// each instance of an indexed component. Default: 500.
	History int
	// HistoryOf is the same for single components, by name.
	HistoryOf map[string]int

	// RefreshInterval is how often to look for partitions that operators have added, and
	// whether the registry still has a schema. Default: 30 s.
	RefreshInterval time.Duration

	// Tuning holds further settings of the client, from property files.
	Tuning Tuning
}

// Security describes how to log in to brokers and whether to encrypt. Without
// user and TLS, connections are plain.
type Security struct {
	// User and Password log in with Mechanism.
	User, Password string
	// Mechanism of the log-in. Default: SCRAM-SHA-512.
	Mechanism Mechanism
	// TLS is the configuration of encrypted connections; nil for plain ones.
	TLS *tls.Config
}

// Mechanism is a way to log in (SASL).
type Mechanism string

// The mechanisms.
const (
	Plain       Mechanism = "PLAIN"
	ScramSHA256 Mechanism = "SCRAM-SHA-256"
	ScramSHA512 Mechanism = "SCRAM-SHA-512"
)

// Acks selects the replicas that a write waits for.
type Acks int

// The choices. With AcksNone, failures of a broker go unnoticed.
const (
	AcksLeader Acks = iota
	AcksAll
	AcksNone
)

// Tuning holds settings of the Kafka client. Zero stands for the client's default.
type Tuning struct {
	ClientID     string
	DialTimeout  time.Duration
	ConnIdle     time.Duration
	MetadataAge  time.Duration
	FetchWait    time.Duration
	FetchMin     int32 // bytes
	FetchMax     int32 // bytes
	PartitionMax int32 // bytes of one partition in a fetch
	BatchMax     int32 // bytes
	Linger       time.Duration
	Compression  string // none, gzip, snappy, lz4, zstd
}

const (
	defaultBroker          = "broker:29092"
	defaultRegistry        = "http://schema-registry:8081"
	defaultDeliveryTimeout = 10 * time.Second
	defaultRefreshInterval = 30 * time.Second
	defaultHistory         = 500
)

var subNamePattern = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// complete checks the configuration and fills in the defaults.
func (c Config) complete() (Config, error) {
	var errs []error
	if !subNamePattern.MatchString(c.SubName) {
		errs = append(errs, fmt.Errorf("the sub-name of topics (%s) is %q: give letters, digits and underscores, sal in operation", envSubName, c.SubName))
	}
	if len(c.Brokers) == 0 {
		c.Brokers = []string{defaultBroker}
	}
	if c.Registry == "" {
		c.Registry = defaultRegistry
	}
	if !strings.HasPrefix(c.Registry, "http://") && !strings.HasPrefix(c.Registry, "https://") {
		errs = append(errs, fmt.Errorf("the schema registry (%s) is %q: give a URL with http:// or https://", envRegistry, mask.Address(c.Registry)))
	}
	if c.Security.Mechanism == "" {
		c.Security.Mechanism = ScramSHA512
	}
	if !slices.Contains([]Mechanism{Plain, ScramSHA256, ScramSHA512}, c.Security.Mechanism) {
		errs = append(errs, fmt.Errorf("the mechanism of the log-in (%s) is %q: give %s, %s or %s", envMechanism, c.Security.Mechanism, Plain, ScramSHA256, ScramSHA512))
	}
	if (c.Security.User == "") != (c.Security.Password == "") {
		errs = append(errs, fmt.Errorf("a log-in at the brokers needs both user (%s) and password (%s)", envUser, envPassword))
	}
	if c.Replication < 0 || c.Replication > 100 || c.History < 0 {
		errs = append(errs, errors.New("replication must be 1 to 100 and history at least 1"))
	}
	c.Replication = max(c.Replication, 1)
	if c.History == 0 {
		c.History = defaultHistory
	}
	if c.DeliveryTimeout <= 0 {
		c.DeliveryTimeout = defaultDeliveryTimeout
	}
	c.DeliveryTimeout = max(c.DeliveryTimeout, time.Second)
	if c.RefreshInterval <= 0 {
		c.RefreshInterval = defaultRefreshInterval
	}
	return c, errors.Join(errs...)
}
