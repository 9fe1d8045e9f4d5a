package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// tlsFiles are the parts of a TLS configuration that property files name.
type tlsFiles struct {
	authorities, certificate, key   string
	skipNameCheck, skipVerification bool
}

// given reports whether there is anything to put into a TLS configuration.
func (f tlsFiles) given() bool { return f != tlsFiles{} }

// propertyFile reads a YAML file of librdkafka properties.
func (s *settings) propertyFile(variable, name string) {
	text, err := os.ReadFile(name)
	if err != nil {
		s.addError(variable, err)
		return
	}
	var properties map[string]any
	if err := yaml.Unmarshal(text, &properties); err != nil {
		s.errs = append(s.errs, fmt.Errorf("%s: %s is not a list of properties (name: value): %w", variable, name, err))
		return
	}
	names := make([]string, 0, len(properties))
	for n := range properties {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		if err := s.property(n, fmt.Sprint(properties[n])); err != nil {
			s.errs = append(s.errs, fmt.Errorf("%s: %s: property %s: %w", variable, name, n, err))
		}
	}
}

// property applies a librdkafka property to the settings.
func (s *settings) property(name, value string) (err error) {
	t := &s.Tuning
	switch name {
	case "bootstrap.servers", "metadata.broker.list":
		s.Brokers = splitList(value)
	case "security.protocol":
		return s.protocol(value)
	case "sasl.mechanism", "sasl.mechanisms":
		s.Security.Mechanism = Mechanism(strings.ToUpper(value))
	case "sasl.username":
		s.Security.User = value
	case "sasl.password":
		s.Security.Password = value
	case "ssl.ca.location":
		s.tls.authorities = value
	case "ssl.certificate.location":
		s.tls.certificate = value
	case "ssl.key.location":
		s.tls.key = value
	case "ssl.endpoint.identification.algorithm":
		s.tls.skipNameCheck = strings.EqualFold(value, "none")
	case "enable.ssl.certificate.verification":
		s.tls.skipVerification, err = parseNegated(value)
	case "client.id":
		t.ClientID = value
	case "acks", "request.required.acks":
		return s.acks(value)
	case "delivery.timeout.ms", "message.timeout.ms":
		s.DeliveryTimeout, err = milliseconds(value)
	case "linger.ms", "queue.buffering.max.ms":
		t.Linger, err = milliseconds(value)
	case "compression.type", "compression.codec":
		t.Compression, err = oneOf(value, "none", "gzip", "snappy", "lz4", "zstd")
	case "socket.connection.setup.timeout.ms":
		t.DialTimeout, err = milliseconds(value)
	case "connections.max.idle.ms":
		t.ConnIdle, err = milliseconds(value)
	case "metadata.max.age.ms", "topic.metadata.refresh.interval.ms":
		t.MetadataAge, err = milliseconds(value)
	case "fetch.wait.max.ms":
		t.FetchWait, err = milliseconds(value)
	case "fetch.min.bytes":
		t.FetchMin, err = byteCount(value)
	case "fetch.max.bytes":
		t.FetchMax, err = byteCount(value)
	case "max.partition.fetch.bytes", "fetch.message.max.bytes":
		t.PartitionMax, err = byteCount(value)
	case "batch.size", "message.max.bytes":
		t.BatchMax, err = byteCount(value)
	default:
		return s.otherProperty(name)
	}
	return err
}

// ignoredProperties lists prefixes of librdkafka properties about consumer groups,
// queues, logs and retries, which this client does not have or decides itself.
var ignoredProperties = [...]string{
	"group.", "auto.", "enable.auto.", "enable.partition.eof", "enable.idempotence", "session.timeout.", "heartbeat.interval.", "max.poll.",
	"partition.assignment.", "queue", "statistics.", "debug", "log", "retries", "retry.", "message.send.max.retries",
	"reconnect.backoff.", "socket.", "broker.", "allow.auto.create.topics", "topic.metadata.", "api.version.", "fetch.error.",
	"check.crcs", "offset.", "coordinator.", "max.in.flight", "partitioner", "sticky.", "batch.num.messages", "request.timeout.ms",
}

func (s *settings) otherProperty(name string) error {
	if slices.ContainsFunc(ignoredProperties[:], func(start string) bool { return strings.HasPrefix(name, start) }) {
		s.warnings = append(s.warnings, "property "+name+" has no effect in this client and is ignored")
		return nil
	}
	return errors.New("not known; remove it if it is not needed")
}

// finishTLS reads the files that TLS needs.
func (s *settings) finishTLS() error {
	switch {
	case !s.tls.given():
		return nil
	case s.Security.TLS == nil:
		s.warnings = append(s.warnings, "ssl properties have no effect without security.protocol ssl or sasl_ssl")
		return nil
	}
	if file := s.tls.authorities; file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		s.Security.TLS.RootCAs = x509.NewCertPool()
		if !s.Security.TLS.RootCAs.AppendCertsFromPEM(text) {
			return fmt.Errorf("%s holds no certificate in PEM form", file)
		}
	}
	if s.tls.certificate != "" || s.tls.key != "" {
		pair, err := tls.LoadX509KeyPair(s.tls.certificate, s.tls.key)
		if err != nil {
			return fmt.Errorf("the client's certificate: %w", err)
		}
		s.Security.TLS.Certificates = []tls.Certificate{pair}
	}
	if s.tls.skipVerification || s.tls.skipNameCheck {
		s.Security.TLS.InsecureSkipVerify = true
	}
	if s.tls.skipNameCheck && !s.tls.skipVerification {
		s.Security.TLS.VerifyConnection = verifyChain(s.Security.TLS.RootCAs)
	}
	return nil
}

// verifyChain returns a check of a certificate that ignores the host name.
func verifyChain(authorities *x509.CertPool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		others := x509.NewCertPool()
		for _, c := range state.PeerCertificates[1:] {
			others.AddCert(c)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: authorities, Intermediates: others})
		return err
	}
}

func parseNegated(value string) (bool, error) {
	b, err := strconv.ParseBool(strings.ToLower(value))
	if err != nil {
		return false, fmt.Errorf("%q is neither true nor false", value)
	}
	return !b, nil
}

func milliseconds(value string) (time.Duration, error) {
	ms, err := strconv.ParseFloat(value, 64)
	if err != nil || !(ms >= 0 && ms <= math.MaxInt32) {
		return 0, fmt.Errorf("%q is not a number of milliseconds", value)
	}
	return time.Duration(ms * float64(time.Millisecond)), nil
}

func byteCount(value string) (int32, error) {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a number of bytes", value)
	}
	return int32(n), nil
}

func oneOf(value string, choices ...string) (string, error) {
	if !slices.Contains(choices, value) {
		return "", fmt.Errorf("%q is not one of %s", value, strings.Join(choices, ", "))
	}
	return value, nil
}
