package kafka

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/internal/mask"
)

// CheckBrokers tries to reach the brokers and to log in. It returns what it
// found, or an error with what an operator should look at.
func CheckBrokers(ctx context.Context, config Config) (found string, err error) {
	client, err := config.checkClient()
	if err != nil {
		return "", err
	}
	defer client.Close()
	all, err := kadm.NewClient(client).Metadata(ctx)
	if err != nil {
		return "", config.withHint(err)
	}
	topics := 0
	for name := range all.Topics {
		if strings.HasPrefix(name, "lsst."+config.SubName+".") {
			topics++
		}
	}
	if topics == 0 {
		return "", fmt.Errorf("the Kafka brokers have no topic lsst.%s.…: is the sub-name (%s) right? In a new installation, the first component that starts creates them", config.SubName, envSubName)
	}
	return fmt.Sprintf("%d brokers, %d topics of %s", len(all.Brokers), topics, config.SubName), nil
}

// CheckRegistry asks the schema registry for its settings.
func CheckRegistry(ctx context.Context, config Config) (found string, err error) {
	if config, err = config.complete(); err != nil {
		return "", err
	}
	r, err := newRegistry(config.Registry, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", err
	}
	defer r.close()
	answer := r.client.Compatibility(ctx)
	if len(answer) == 0 {
		return "", fmt.Errorf("the schema registry at %s does not answer", mask.Address(config.Registry))
	}
	if err := answer[0].Err; err != nil {
		return "", fmt.Errorf("the schema registry at %s (%s) does not answer as it should: %w; is it up, and is this its address?", mask.Address(config.Registry), envRegistry, mask.Error(err, config.Registry))
	}
	return "answers, new versions must be compatible: " + answer[0].Level.String(), nil
}

// CheckRoundTrip writes a message to a topic that it creates, reads it, and removes the
// topic. The topic's name begins with love-check, which readers of SAL topics ignore.
func CheckRoundTrip(ctx context.Context, config Config) (found string, err error) {
	name := "love-check-" + rand.Text()
	client, err := config.checkClient(kgo.ConsumeTopics(name))
	if err != nil {
		return "", err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	if _, err := admin.CreateTopic(ctx, 1, int16(max(config.Replication, 1)), nil, name); err != nil {
		return "", fmt.Errorf("creating a topic: %w", config.withHint(err))
	}
	defer func() {
		if _, gone := admin.DeleteTopic(context.WithoutCancel(ctx), name); gone != nil && err == nil {
			err = fmt.Errorf("removing the topic %s: %w; remove it by hand", name, gone)
		}
	}()
	began := time.Now()
	message := &kgo.Record{Topic: name, Key: []byte("love"), Value: []byte(name)}
	if err := client.ProduceSync(ctx, message).FirstErr(); err != nil {
		return "", fmt.Errorf("writing: %w", config.withHint(err))
	}
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return "", errors.New("a message was written, but could not be read in time: may this user read topics?")
		}
		if records := fetches.Records(); len(records) > 0 {
			return fmt.Sprintf("a message came back after %v", time.Since(began).Round(time.Millisecond)), nil
		}
	}
}

// checkClient completes the configuration and makes a client that gives up soon.
func (c *Config) checkClient(more ...kgo.Opt) (*kgo.Client, error) {
	full, err := c.complete()
	if err != nil {
		return nil, err
	}
	*c = full
	options := full.clientOptions(slog.New(slog.DiscardHandler))
	return kgo.NewClient(append(append(options, kgo.RequestRetries(2), kgo.RetryTimeout(5*time.Second), kgo.DialTimeout(3*time.Second)), more...)...)
}

// withHint wraps an error with what an operator should look at.
func (c Config) withHint(err error) error {
	at := maskedBrokers(c.Brokers)
	err = mask.Error(err, c.Brokers...)
	var dial *net.OpError
	var name *net.DNSError
	switch {
	case errors.Is(err, kerr.SaslAuthenticationFailed), errors.Is(err, kerr.UnsupportedSaslMechanism), errors.Is(err, kerr.IllegalSaslState):
		return fmt.Errorf("the Kafka brokers at %s refuse the log-in of user %q with %s (%s, %s, %s): %w", at, c.Security.User, c.Security.Mechanism, envUser, envPassword, envMechanism, err)
	case errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed):
		return fmt.Errorf("the Kafka brokers at %s do not let user %q do this: %w", at, c.Security.User, err)
	case errors.Is(err, kerr.InvalidReplicationFactor):
		return fmt.Errorf("there are fewer brokers than copies of a topic (%s is %d): %w", envReplication, c.Replication, err)
	case errors.As(err, &name):
		return fmt.Errorf("the name of the Kafka broker %q (%s) cannot be resolved: %w", mask.Address(name.Name), envBrokers, err)
	case errors.As(err, &dial) && dial.Op == "dial":
		return fmt.Errorf("no Kafka broker can be reached at %s (%s): %w; is it up, and is this its address?", at, envBrokers, err)
	case errors.Is(err, io.EOF):
		return fmt.Errorf("the Kafka broker at %s closes the connection at once; does it require a log-in, another password, or TLS (%s, %s, %s)? %w", at, envUser, envPassword, envProtocol, err)
	}
	return fmt.Errorf("the Kafka brokers at %s do not answer: %w", at, err)
}

// maskedBrokers lists brokers as they may be shown.
func maskedBrokers(brokers []string) string {
	shown := make([]string, len(brokers))
	for i, b := range brokers {
		shown[i] = mask.Address(b)
	}
	return strings.Join(shown, ", ")
}
