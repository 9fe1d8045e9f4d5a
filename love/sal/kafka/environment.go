package kafka

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The variables that all SAL programs read (docs/protocol/sal-kafka.md#environment).
const (
	envSubName       = "LSST_TOPIC_SUBNAME"
	envBrokers       = "LSST_KAFKA_BROKER_ADDR"
	envRegistry      = "LSST_SCHEMA_REGISTRY_URL"
	envUser          = "LSST_KAFKA_SECURITY_USERNAME"
	envPassword      = "LSST_KAFKA_SECURITY_PASSWORD"
	envProtocol      = "LSST_KAFKA_SECURITY_PROTOCOL"
	envMechanism     = "LSST_KAFKA_SECURITY_MECHANISM"
	envReplication   = "LSST_KAFKA_REPLICATION_FACTOR"
	envAcks          = "LSST_KAFKA_PRODUCER_WAIT_ACKS"
	envHistory       = "LSST_MAX_HISTORY_READ"
	envHistoryConfig = "LSST_HISTORY_READ_CONFIG"
	envConsumerFile  = "LSST_KAFKA_CONSUMER_CONFIGURATION"
	envProducerFile  = "LSST_KAFKA_PRODUCER_CONFIGURATION"
	envClientFile    = "LSST_KAFKA_BROKER_CLIENT_CONFIGURATION"
)

// Environment looks a variable up, as [os.LookupEnv] does.
type Environment func(name string) (value string, set bool)

// text returns a variable's value, or fallback if that is not set or empty.
func (env Environment) text(name, fallback string) string {
	if v, _ := env(name); strings.TrimSpace(v) != "" {
		return strings.TrimSpace(v)
	}
	return fallback
}

// ConfigFromEnvironment reads the configuration from the environment variables of
// all SAL programs, and from the files that some of them name. The warnings name
// settings that have no effect in this client. The error lists everything that is
// wrong, with the names of variables and files.
func ConfigFromEnvironment(env Environment) (c Config, warnings []string, err error) {
	s := settings{Config: Config{
		SubName:  env.text(envSubName, ""),
		Brokers:  splitList(env.text(envBrokers, defaultBroker)),
		Registry: env.text(envRegistry, defaultRegistry),
	}}
	s.security(env)
	s.Replication = s.number(env, envReplication, 1)
	s.History = s.number(env, envHistory, defaultHistory)
	s.addError(envAcks, s.acks(env.text(envAcks, "1")))
	s.historyFile(env.text(envHistoryConfig, ""))
	for _, name := range []string{envConsumerFile, envProducerFile, envClientFile} {
		if file := env.text(name, ""); file != "" {
			s.propertyFile(name, file)
		}
	}
	s.addError("the configuration", s.finishTLS())
	c, err = s.complete()
	return c, s.warnings, errors.Join(append(s.errs, err)...)
}

// settings is a configuration that is being read.
type settings struct {
	Config
	tls      tlsFiles
	warnings []string
	errs     []error
}

// addError adds an error about a setting, if there is one.
func (s *settings) addError(what string, err error) {
	if err != nil {
		s.errs = append(s.errs, fmt.Errorf("%s: %w", what, err))
	}
}

func (s *settings) number(env Environment, name string, fallback int) int {
	text := env.text(name, strconv.Itoa(fallback))
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		s.errs = append(s.errs, fmt.Errorf("%s: %q is not a positive number", name, text))
		return fallback
	}
	return n
}

// security reads the log-in. Protocol and mechanism are ignored without a user and a
// password.
func (s *settings) security(env Environment) {
	user, password := env.text(envUser, ""), env.text(envPassword, "")
	if user == "" || password == "" {
		return
	}
	s.Security.User, s.Security.Password = user, password
	s.Security.Mechanism = Mechanism(strings.ToUpper(env.text(envMechanism, string(ScramSHA512))))
	s.addError(envProtocol, s.protocol(env.text(envProtocol, "SASL_PLAINTEXT")))
}

// protocol sets whether to encrypt.
func (s *settings) protocol(name string) error {
	switch strings.ToUpper(name) {
	case "PLAINTEXT", "SASL_PLAINTEXT":
		s.Security.TLS = nil
	case "SSL", "SASL_SSL":
		s.Security.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	default:
		return fmt.Errorf("%q is not a protocol: give SASL_PLAINTEXT or SASL_SSL, without a log-in PLAINTEXT or SSL", name)
	}
	return nil
}

func (s *settings) acks(text string) error {
	switch strings.ToLower(text) {
	case "0":
		s.Acks = AcksNone
	case "1":
		s.Acks = AcksLeader
	case "all", "-1":
		s.Acks = AcksAll
	default:
		return fmt.Errorf("%q is not one of 0, 1, all and -1", text)
	}
	return nil
}

// historyFile reads the history of single components. A missing file is ignored.
func (s *settings) historyFile(name string) {
	if name == "" {
		return
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = yaml.Unmarshal(text, &s.HistoryOf)
	}
	for component, n := range s.HistoryOf {
		if n < 0 {
			err = fmt.Errorf("%s: %d is not a number of samples", component, n)
		}
	}
	if err != nil {
		s.errs = append(s.errs, fmt.Errorf("%s: reading %s: %w", envHistoryConfig, name, err))
	}
}

func splitList(text string) (items []string) {
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
